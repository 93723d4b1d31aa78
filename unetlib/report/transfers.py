"""Check whether a network trained on another dataset also reaches a published score: then the score asks for little."""

from unetlib.evaluation.isbi_metrics import ERRORS
from unetlib.report.display_tables import format_value
from unetlib.report.study_scores import Comparand, Study
from unetlib.report.verdicts import ABOVE, BELOW, EQUAL, Estimate, compare_to_published


def also_elsewhere(published: float, side: Comparand, metric: str, study: Study) -> str:
    """Return a sentence if the experiment also reaches a published score when trained on another dataset, else "".

    The sentence names the training dataset with the best score. side: the network trained on its own test dataset.
    """
    table = study.transfer
    if metric not in table or side.train_dataset != side.test_dataset:
        return ""
    rows = table[(table["experiment"] == side.experiment) & (table["test_dataset"] == side.test_dataset)]
    rows = rows[rows["train_dataset"].isin(set(table["test_dataset"]) - {side.test_dataset}) & rows[metric].notna()]
    scores = rows.set_index("train_dataset")[metric].astype(float).to_dict()
    if not scores:
        return ""
    best = (min if metric in ERRORS else max)(scores, key=lambda name: scores[name])
    better = BELOW if metric in ERRORS else ABOVE
    if compare_to_published(Estimate(scores[best]), published) not in (EQUAL, better):
        return ""
    return f" So does {side.experiment} trained on {best} alone ({format_value(scores[best])})."
