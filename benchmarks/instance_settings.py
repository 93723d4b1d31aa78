"""Choose threshold, instance step and minimum area together, on the validation frames of a trained network.

python -m benchmarks.instance_settings --configfile studies/cpu.yaml studies/recipes.yaml --experiment tuned \
    --dataset dic-hela

Every network of the experiment on that dataset predicts its own validation frames as the study does. The settings are
ranked by the mean of SEG and mAP over frames and networks; test frames are not looked at. For a network with distance
targets, --seed-depths and --smoothings are tried beside the watershed of its mask.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.learning import study_of
from unetlib.datasets.dataset import Dataset
from unetlib.evaluation.image_metrics import score_image
from unetlib.imaging.instances import foreground_plane, instances_from_probability
from unetlib.imaging.settings import InstanceSettings, SeedSettings
from unetlib.io.files import write_csv
from unetlib.networks.device import use_threads
from unetlib.networks.predict_images import BinnedImages, predict_images
from unetlib.networks.run_record import read_facts
from unetlib.networks.trained_network import load_network
from unetlib.study.experiments import inference_settings, training_experiment
from unetlib.study.layout import Layout
from unetlib.study.settings import StudySettings

METRICS = ("dice", "seg", "map")
HOW = ("threshold", "watershed_depth_px", "seed_depth", "smoothing_px", "min_area_px")
COLUMNS = (*HOW, *METRICS, "frames")


def predictions(
    study: StudySettings, experiment: str, name: str
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield prediction, true instances and unknown pixels of each validation frame of each network."""
    layout = Layout(study.study.name)
    dataset = Dataset(Path(layout.frames(name)).parent)
    folder = Path(layout.results) / "runs" / training_experiment(study, experiment) / name
    for model in sorted(folder.glob("fold*-seed*/model.pt")):
        frames = read_facts(model.with_name("facts.json")).roles[name]["validation"]
        images = BinnedImages([dataset.folder]).of({name: frames})
        found = predict_images(load_network(model, "cpu"), images, inference_settings(study, experiment), study.compute)
        for frame, planes in zip(frames, found.values(), strict=True):
            yield (planes, *dataset.best_truth(frame))


def ranked(
    found: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], grid: Sequence[InstanceSettings]
) -> list[dict[str, Any]]:
    """Return the mean scores of each of the settings, the best sum of SEG and mAP first."""
    rows = []
    for how in grid:
        scores = []
        for planes, labels, ignore in found:
            mask = foreground_plane(planes) >= how.threshold
            instances = instances_from_probability(planes, how)
            scores.append(score_image(labels, instances, predicted_mask=mask, ignore=ignore))
        means = {name: float(np.mean([score[name] for score in scores])) for name in METRICS}
        seeds = how.seeds
        step = {"seed_depth": seeds and seeds.depth, "smoothing_px": seeds and seeds.smoothing_px}
        rows.append({**how.model_dump(include={*HOW}), **step, **means, "frames": len(found)})
    return sorted(rows, key=lambda row: -row["seg"] - row["map"])


def grid_of(
    thresholds: Sequence[float], depths: Sequence[float], areas: Sequence[int], seeds: Sequence[SeedSettings]
) -> list[InstanceSettings]:
    """Return every combination of threshold, minimum area and instance step: a watershed's depth, or seeds."""
    steps: list[dict[str, Any]] = [{"watershed_depth_px": depth} for depth in depths]
    steps += [{"seeds": each} for each in seeds]
    return [
        InstanceSettings.read({"threshold": threshold, "min_area_px": area, **step})
        for threshold, step, area in product(thresholds, steps, areas)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", nargs="+", type=Path, required=True, help="the study's files, over config.yaml")
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--thresholds", nargs="+", type=float, default=[0.3, 0.4, 0.5, 0.6])
    parser.add_argument("--depths", nargs="+", type=float, default=[0, 1, 2, 4, 8, 16, 24], help="px")
    parser.add_argument("--seed-depths", nargs="+", type=float, default=[], help="of the predicted height, 0 to 1")
    parser.add_argument("--smoothings", nargs="+", type=float, default=[4.0], help="px")
    parser.add_argument("--areas", nargs="+", type=int, default=[10, 30, 100, 500], help="px")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/instance_settings.csv"))
    given = parser.parse_args()
    use_threads(1)
    found = list(predictions(study_of(given.configfile), given.experiment, given.dataset))
    seeds = [SeedSettings(depth=d, smoothing_px=sd) for d, sd in product(given.seed_depths, given.smoothings)]
    rows = ranked(found, grid_of(given.thresholds, given.depths, given.areas, seeds))
    write_csv(given.output, rows, COLUMNS)
    for row in rows[:8]:
        print(", ".join(f"{name} {row[name]:.3g}" for name in COLUMNS if row[name] is not None))


if __name__ == "__main__":
    main()
