"""Write the study's prediction settings beside the weights of every network that it trains."""

from dataclasses import dataclass
from pathlib import Path

from script import run

from unetlib.datasets.frames import common_pixel_size
from unetlib.io.files import write_json
from unetlib.study.experiments import prediction_settings
from unetlib.study.facts import study_facts
from unetlib.study.layout import Layout
from unetlib.study.settings import StudySettings


@dataclass(frozen=True)
class Arguments:
    study: StudySettings


def main(arguments: Arguments) -> None:
    facts = study_facts(arguments.study)
    layout = Layout(facts.name)
    sizes = {name: common_pixel_size(Path(layout.pixel_sizes(name))) for name in facts.datasets}
    for each in facts.trained_runs():
        settings = prediction_settings(arguments.study, each.experiment, each.train_dataset, sizes)
        write_json(Path(layout.prediction_settings(each.path)), settings.plain())


if __name__ == "__main__":
    run(main, Arguments, __doc__)
