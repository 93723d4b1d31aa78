"""How many labelled images a shipped network needs on another dataset, and what random weights need beside it.

python -m benchmarks.fine_tuning stem-cell-nuclei resources/recipes/datasets/dsb2018 --modality fluorescence \
    --images 1 2 4 8 16 --held-out 24 --output docs/results/learning

Images of a prepared dataset that are in no group of a held-out image train as `unetlib finetune --compare` does. With
--group, only that group counts, as when a person labels frames of a movie for the rest of it: its first half trains,
its last third judges. The held-out images are the same for every number of images, and choose nothing. Writes
fine-tuning-DATASET.csv and a figure.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from unetlib.datasets.dataset import Dataset
from unetlib.datasets.subsets import evenly_spaced
from unetlib.io.files import write_csv
from unetlib.models.registry import find_network
from unetlib.networks.device import use_threads
from unetlib.networks.settings import ComputeSettings
from unetlib.report.figures import CYCLE, save, styled_figure
from unetlib.training.fine_tuning import FineTuning, fine_tune
from unetlib.training.held_out import METRICS

COLUMNS = ("start", "dataset", "images", "seed", "network", *METRICS, "held_out", "updates", "seconds")
WAYS = ("before", "after", "from nothing")


@dataclass(frozen=True)
class Division:
    """The frames of a dataset that may train, and those that judge."""

    trains: list[str]
    judges: list[str]


def divided(dataset: Dataset, held_out: int, modality: str | None, group: str | None = None) -> Division:
    """Return every other group as training images, and evenly spaced frames of the rest as those that judge.

    group: divide the frames of this group alone, the first half and the last third.
    """
    known = [f for f in dataset.frames if f.annotation == "gold" and modality in (None, f.modality)]
    if group is not None:
        own = [frame.frame for frame in known if frame.group == group]
        if len(own) < 3:
            raise SystemExit(f"group {group} has {len(own)} gold frames; at least 3 are needed")
        return Division(own[: len(own) // 2], evenly_spaced(own[-(len(own) // 3) :], held_out))
    groups = list(dict.fromkeys(frame.group for frame in known))
    training = set(groups[::2])
    trains = [frame.frame for frame in known if frame.group in training]
    judges = [frame.frame for frame in known if frame.group not in training]
    return Division(trains, evenly_spaced(judges, held_out))


def points(
    start: str, dataset: Dataset, division: Division, images: Sequence[int], seeds: Sequence[int], updates: int
) -> Iterator[dict[str, object]]:
    """Yield the scores of each network for each number of images and each seed; a seed has its own images."""
    model = find_network(start).path
    for seed in seeds:
        for count in images:
            own = evenly_spaced(division.trains[seed:], count)
            how = FineTuning(
                updates=updates,
                held_out=len(division.judges),
                seed=seed,
                compare=True,
                compute=ComputeSettings(device="cpu", threads=1),
            )
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place, dataset.folder.name)
                _copy(dataset, own, folder, "a")
                _copy(dataset, division.judges, folder, "b")
                done = fine_tune(start, model, folder, Path(place, "mine.pt"), how, say=lambda _: None)
            facts = {"start": start, "dataset": dataset.folder.name, "images": len(own), "seed": seed}
            facts |= {"held_out": len(done.held_out), "updates": updates, "seconds": round(done.seconds, 1)}
            yield from (facts | {"network": way} | dict(done.scores[way]) for way in WAYS)


def _copy(dataset: Dataset, frames: Sequence[str], folder: Path, first: str) -> None:
    """Copy images and labels of frames as a person's folder; names in order, each group in its own subfolder."""
    for number, frame in enumerate(frames):
        for kind in ("images", "labels"):
            target = folder / kind / first / f"{number:04}.tif"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(dataset.folder / kind / f"{frame}.tif", target)


def figure(rows: pd.DataFrame) -> Figure:
    """Draw the mean score of each network against the number of labelled images, and each seed as a dot."""
    with styled_figure(6.5, 3) as drawn:
        axes = drawn.subplots(1, 2)
        for axis, metric in zip(axes, ("seg", "map"), strict=True):
            for place, (way, own) in enumerate(rows.groupby("network", sort=False)):
                means = own.groupby("images")[metric].mean()
                axis.plot(means.index, means, color=CYCLE[place], label=str(way), linestyle=["--", "-", ":"][place])
                axis.plot(own["images"], own[metric], "o", color=CYCLE[place], markersize=3)
            axis.set_xscale("log", base=2)
            axis.set_xticks(sorted(rows["images"].unique()), [str(n) for n in sorted(rows["images"].unique())])
            axis.set(xlabel="labelled images", ylabel={"seg": "SEG", "map": "mAP"}[metric], ylim=(0, 1))
        axes[0].legend(loc="lower right")
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", help="a shipped network, or a model.pt")
    parser.add_argument("dataset", type=Path, help="folder of a prepared dataset that did not train it")
    parser.add_argument("--modality", help="only images of this modality")
    parser.add_argument("--group", help="only images of this group: its first half trains, its last third judges")
    parser.add_argument("--images", nargs="+", type=int, default=[1, 2, 4, 8, 16])
    parser.add_argument("--held-out", type=int, default=24)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--output", type=Path, default=Path("docs/results/learning"))
    given = parser.parse_args()
    use_threads(1)
    dataset = Dataset(given.dataset)
    division = divided(dataset, given.held_out, given.modality, given.group)
    rows = []
    for row in points(given.start, dataset, division, given.images, given.seeds, given.updates):
        rows.append(row)
        print(
            f"{row['images']} images, seed {row['seed']}, {row['network']}: SEG {row['seg']:.3f}, mAP {row['map']:.3f}"
        )
    given.output.mkdir(parents=True, exist_ok=True)
    table, png, svg = (given.output / f"fine-tuning-{dataset.folder.name}.{form}" for form in ("csv", "png", "svg"))
    write_csv(table, rows, COLUMNS)
    save(figure(pd.DataFrame(rows)), png, svg)


if __name__ == "__main__":
    main()
