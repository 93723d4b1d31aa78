"""Compute all tables of a study from its scores and the facts of its runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from unetlib.evaluation import ablation, pitfalls, power, run_facts, tables, waterfall
from unetlib.evaluation.contrasts import Contrasts
from unetlib.io.files import atomic_path
from unetlib.networks.run_record import RunFacts, read_facts
from unetlib.report import display_tables
from unetlib.report.display_tables import FAILED, SHOWN, with_tools_marked
from unetlib.report.league import league, league_shown
from unetlib.study.external_scores import Failure
from unetlib.study.facts import StudyFacts
from unetlib.study.layout import Layout
from unetlib.study.runs import EXTERNAL, JOINT
from unetlib.tracking.sequences import COLUMNS as TRACKING_COLUMNS

TOOLS = "other tools"  # the question that tools answer in the ablation
TRANSFER_METRICS = ("iou", "dice", "pixel_accuracy")


@dataclass(frozen=True)
class Scores:
    """The long tables of a study: scores of networks and external tools, of trivial baselines, and image clusters.

    failed: the test sets on which tools failed. tools, resources: the trainings of tools, and what each training took
    (`tool_resources`), of a study that trains tools.
    """

    scores: pd.DataFrame
    baselines: pd.DataFrame
    clusters: pd.DataFrame
    failed: Sequence[Failure] = ()
    tools: Sequence[RunFacts] = ()
    resources: pd.DataFrame | None = None


def trained_facts(facts: StudyFacts, root: Path = Path()) -> list[RunFacts]:
    """Read the facts of every trained run from the study's results. root: the project's folder."""
    layout = Layout(facts.name)
    return [read_facts(root / layout.run_facts(run.path)) for run in facts.trained_runs()]


def study_tables(facts: StudyFacts, found: Scores, trained: Sequence[RunFacts]) -> dict[str, pd.DataFrame]:
    """Return the tables comparison, ablation, transfer, power, costs and differences, and league if tools are trained.

    All but costs exclude the flawed arms of pitfalls and the steps of protocols, which have tables of their own.
    """
    scores = found.scores[~found.scores["experiment"].isin(facts.set_apart)]
    datasets, experiments = [*facts.datasets], [*facts.experiments, *facts.external_tools, *facts.tools]
    background = _backgrounds(facts)
    primary_metrics = {name: entry.primary_metric for name, entry in facts.datasets.items()}
    arms = arms_of(facts)
    named = {"datasets": datasets, "experiments": experiments}
    everything = _once_per_seed(facts, found)
    compared, own = _on_own_datasets(facts, everything), _on_own_datasets(facts, scores)
    untested = [(name, dataset) for name, entry in facts.experiments.items() for dataset in entry.same_as_reference]
    made = {
        "comparison": with_failures(
            tables.comparison(
                own,
                found.baselines,
                datasets=datasets,
                experiments={name: arms.networks.get(name, name) for name in experiments},
                primary_metrics=primary_metrics,
                background=background,
                clusters=found.clusters,
            ),
            facts,
            found.failed,
        ),
        "ablation": ablation.ablation(
            compared,
            arms,
            primary_metrics=primary_metrics,
            background=background,
            clusters=found.clusters,
            untested=untested,
        ),
        "transfer": tables.transfer(
            everything, **named, metrics=TRANSFER_METRICS, clusters=found.clusters, networks=arms.networks
        ),
        "power": power_table(facts, everything, found.clusters),
        "costs": run_facts.cost_table([*trained, *found.tools], **named),
        "differences": ablation.differences(own, **named, background=background, reference=facts.reference),
    }
    if facts.tools and found.resources is not None:
        made["league"] = league(facts, made["comparison"], found.resources, found.failed)
    return made


def arms_of(facts: StudyFacts) -> ablation.Arms:
    """Return the arms that a study compares with its reference, with the question and the networks of each."""
    known = facts.experiments
    return ablation.Arms(
        datasets=[*facts.datasets],
        experiments=[*known, *facts.external_tools, *facts.tools],
        reference=facts.reference,
        questions={name: entry.question for name, entry in known.items()}
        | dict.fromkeys([*facts.external_tools, *facts.tools], TOOLS),
        named_before=[name for name, entry in known.items() if entry.named_before],
        networks={name: entry.trained_by for name, entry in known.items() if entry.trained_by != name},
    )


def power_table(facts: StudyFacts, everything: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Return the variance of a study's scores by source, and the number of networks that would detect an effect."""
    own = tables.on_training_dataset(_on_own_datasets(facts, everything), [*facts.datasets])
    made = power.power(
        tables.with_weights(own, None, clusters=clusters),
        facts.reference,
        {name: entry.primary_metric for name, entry in facts.datasets.items()},
        networks=arms_of(facts).networks,
        folds={name: entry.folds for name, entry in facts.datasets.items() if entry.folds},
    )
    return tables.sort_rows(made, test_dataset=[*facts.datasets], metric=[*tables.METRICS])


def contrasts_of(facts: StudyFacts, found: Scores) -> Contrasts:
    """Return the scores for paired differences between any two experiments on their training datasets.

    `ablation` has such differences to the reference only.
    """
    own = tables.on_training_dataset(_on_own_datasets(facts, _once_per_seed(facts, found)), [*facts.datasets])
    return Contrasts(tables.with_weights(own, _backgrounds(facts), clusters=found.clusters), arms_of(facts).networks)


def _backgrounds(facts: StudyFacts) -> dict[str, str]:
    return {name: entry.background for name, entry in facts.datasets.items() if entry.background}


def _on_own_datasets(facts: StudyFacts, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores without those of joint networks on datasets that did not train them, which are transfer."""
    joint = {name: entry.datasets for name, entry in facts.experiments.items() if entry.joint}
    away = [(name, JOINT, other) for name, own in joint.items() for other in facts.datasets if other not in own]
    keys = pd.MultiIndex.from_frame(scores[["experiment", "train_dataset", "test_dataset"]])
    return scores[~keys.isin(away)] if away else scores


def _once_per_seed(facts: StudyFacts, found: Scores) -> pd.DataFrame:
    """Return the scores of ordinary experiments, with those of external tools and trivial baselines once per seed."""
    scores = found.scores[~found.scores["experiment"].isin(facts.set_apart)]
    seedless = scores["train_dataset"] == EXTERNAL
    trivial = found.baselines.rename(columns={"baseline": "experiment"}).assign(train_dataset=tables.NO_TRAINING)
    return pd.concat([scores[~seedless], *_per_seed([scores[seedless], trivial], facts.seeds)])


def tracking_table(facts: StudyFacts) -> pd.DataFrame:
    """Read the tracking scores of all tracked runs from the study's results."""
    return read_tracking([Path(Layout(facts.name).track_scores(run.path)) for run in facts.tracked_runs()])


def read_tracking(files: Iterable[Path]) -> pd.DataFrame:
    """Read tables of tracking scores and concatenate them."""
    rows = [pd.read_csv(path, dtype={"experiment": str, "test_dataset": str, "sequence": str}) for path in files]
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=TRACKING_COLUMNS)
    return table.astype({"true_tracks": "Int64", "true_divisions": "Int64"})  # missing if the truth has no tracks


def with_failures(comparison: pd.DataFrame, facts: StudyFacts, failed: Iterable[Failure]) -> pd.DataFrame:
    """Add a row to the comparison for each test set on which an external tool failed; `resampled` holds the reason."""
    rows = [
        {"test_dataset": each.dataset, "experiment": each.tool, "train_dataset": each.train_dataset, "metric": FAILED}
        | dict.fromkeys(tables.COUNTS, 0)
        | {"resampled": f"{FAILED} in {_place(each)}: {each.reason}", "primary": False}
        for each in failed
        if each.train_dataset in (EXTERNAL, each.dataset)
    ]
    if not rows:
        return comparison
    table = pd.concat([comparison, pd.DataFrame(rows)], ignore_index=True).astype(comparison.dtypes.to_dict())
    trivial = [name for name in comparison["experiment"].unique() if name not in facts.experiments]
    order = [*facts.experiments, *facts.external_tools, *facts.tools, *trivial]
    return tables.sort_rows(table, test_dataset=[*facts.datasets], experiment=order, metric=[*tables.METRICS])


def _place(failure: Failure) -> str:
    return f"fold {failure.fold}" + ("" if failure.train_dataset == EXTERNAL else f", seed {failure.seed}")


def facts_of_experiments(facts: StudyFacts, trained: Iterable[RunFacts]) -> list[RunFacts]:
    """Return the facts of the runs of every experiment.

    An experiment that reuses the networks of another gets copies of their facts under its own name.
    """
    own = list(trained)
    return [
        each.model_copy(update={"experiment": name})
        for name, entry in facts.experiments.items()
        for each in own
        if each.experiment == entry.trained_by
    ]


def waterfall_table(facts: StudyFacts, found: Scores, trained: Iterable[RunFacts]) -> pd.DataFrame:
    """Return the waterfall of each protocol: its steps with their scores and changes."""
    known = facts_of_experiments(facts, trained)
    return waterfall.waterfall(found.scores, known, facts.protocols, clusters=found.clusters)


def pitfall_table(facts: StudyFacts, found: Scores, trained: Iterable[RunFacts]) -> pd.DataFrame:
    """Return the apparent gain in score from each pitfall of the study."""
    return pitfalls.pitfalls(
        found.scores,
        facts_of_experiments(facts, trained),
        facts.pitfalls,
        datasets=[*facts.datasets],
        experiments=[*facts.experiments],
        clusters=found.clusters,
        primary_metrics={name: entry.primary_metric for name, entry in facts.datasets.items()},
    )


def display_table(facts: StudyFacts, name: str, table: pd.DataFrame) -> pd.DataFrame | None:
    """Return a table of the study as text, in which the tools that it trained are marked; None if it is not shown."""
    if name == "league":
        return league_shown(table)
    return SHOWN[name](marked(facts, table)) if name in SHOWN else None


def marked(facts: StudyFacts, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the names of trained tools marked."""
    return with_tools_marked(table, {name: entry.pretrained for name, entry in facts.tools.items()})


def write_table(csv: Path, table: pd.DataFrame, shown: pd.DataFrame | None) -> None:
    """Write a table as CSV and, if there is a display table, that one as Markdown beside it."""
    with atomic_path(csv) as temporary:
        temporary.write_text(tables.to_csv(table), encoding="utf-8")
    if shown is not None:
        with atomic_path(csv.with_suffix(".md")) as temporary:
            temporary.write_text(display_tables.to_markdown(shown), encoding="utf-8")


def _per_seed(parts: Iterable[pd.DataFrame], seeds: Iterable[int]) -> Iterable[pd.DataFrame]:
    """Yield a copy of each table per seed, so that methods without seeds can be paired with every network."""
    return (rows.assign(seed=seed) for rows in parts for seed in seeds)
