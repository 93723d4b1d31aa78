"""The tests' own study, tiny.yaml: its experiments, its tables, and where a copy of the project has them."""

import csv
from pathlib import Path

from builders.project import Project

OVERLAY = Path(__file__).with_name("tiny.yaml")
TABLES = ("scores.csv", "baselines.csv", "tables/comparison.csv", "tables/ablation.csv", "tables/transfer.csv")
TABLES += (
    "tables/claims.csv",
    "tables/waterfall.csv",
    "tables/tracking.csv",
    "measurements/reference/phase/fold0-seed0.csv",
)
TABLES += ("tracks/reference/phase/fold0-seed0/tracks.csv",)
TRAINED = {
    "reference",
    "no-border-weight",
    "random-split",
    "id-indexed-weights",
    "augmented-validation",
}  # on one dataset each
PREDICTED = {"tta", "watershed", "mirrored-scoring"}  # by the reference's networks, with another inference or scoring
PROTOCOL = ["careless", "careless-phase-step2", "careless-phase-step3"]  # on phase alone; the first is trained


def results(project: Project, name: str) -> Path:
    """Return the path of a result of the study."""
    return project.path(f"results/tiny/{name}")


def rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file."""
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))
