"""Paths of a study's files under resources/, results/ and logs/, for the rules and the scripts.

Paths are relative to the project's root. An argument may be a rule's wildcard: `layout.split("{dataset}", …)`.
"""

from dataclasses import dataclass
from pathlib import Path

FOLD = "{experiment}/{train_dataset}/fold{fold}"  # Run.path with wildcards, of all seeds
RUN = FOLD + "-seed{seed}"


def archive(pin: str, name: str) -> str:
    """Return the path of a downloaded archive; pin: `sources.pin_of`."""
    return f"resources/archives/{pin}/{name}"


def synthetic_archive(key: str, dataset: str) -> str:
    """Return the path of an archive of synthetic microscopy; key: the hash of its settings."""
    return f"resources/synthetic/{key}/{dataset}.zip"


@dataclass(frozen=True)
class Layout:
    """The files of the study with this name. `run` is a `Run.path`."""

    study: str

    @property
    def results(self) -> str:
        return f"results/{self.study}"

    @property
    def overlays(self) -> str:
        return f"{self.results}/overlays.json"

    @property
    def resources(self) -> str:
        return f"resources/{self.study}"

    def log(self, rule: str, name: str = "") -> str:
        return f"logs/{self.study}/{rule}{name and '/'}{name}.log"

    def benchmark(self, rule: str, name: str = "") -> str:
        return f"{self.results}/benchmarks/{rule}{name and '/'}{name}.tsv"

    # what networks are trained on

    def checksums(self, dataset: str) -> str:
        return f"resources/checksums/{self.study}/{dataset}.json"

    def external_checksums(self, tool: str, dataset: str) -> str:
        return f"resources/checksums/{self.study}/external_tools/{tool}/{dataset}.json"

    def frames(self, dataset: str) -> str:
        return f"{self.resources}/datasets/{dataset}/frames.csv"

    def pixel_sizes(self, dataset: str) -> str:
        return f"{self.resources}/datasets/{dataset}/pixel_sizes.csv"

    def unused_files(self, dataset: str) -> str:
        return f"{self.resources}/datasets/{dataset}/unused.csv"

    def split(self, dataset: str, key: str, fold: int | str) -> str:
        return f"{self.resources}/splits/{dataset}/{key}/fold{fold}.csv"

    def cache(self, dataset: str, split: str, fold: int | str, key: str) -> str:
        return f"{self.resources}/caches/{dataset}/{split}/fold{fold}/{key}/index.csv"

    # a run

    def model(self, run: str) -> str:
        return f"{self.results}/runs/{run}/model.pt"

    def history(self, run: str) -> str:
        return f"{self.results}/runs/{run}/history.csv"

    def run_facts(self, run: str) -> str:
        return f"{self.results}/runs/{run}/facts.json"

    def prediction_settings(self, run: str) -> str:
        return f"{self.results}/runs/{run}/prediction.json"

    def predictions(self, run: str) -> str:
        return f"{self.results}/predictions/{run}.npz"

    def scores(self, run: str) -> str:
        return f"{self.results}/scores/{run}.csv"

    # the tracks of a run

    def sequence_predictions(self, run: str) -> str:
        return f"{self.results}/sequence_predictions/{run}.npz"

    def track_scores(self, run: str) -> str:
        return f"{self.results}/tracks/{run}.csv"

    def track_lines(self, run: str) -> str:
        return f"{self.results}/tracks/{run}/res_track.txt"

    def tracks(self, run: str) -> str:
        return f"{self.results}/tracks/{run}/tracks.csv"

    def measurements(self, run: str) -> str:
        return f"{self.results}/measurements/{run}.csv"

    # external tools

    def external_labels(self, tool: str, dataset: str, fold: int | str) -> str:
        return f"{self.results}/external_tools/{tool}/{dataset}/fold{fold}/labels.csv"

    def external_scores(self, tool: str, fold: int | str) -> str:
        return f"{self.results}/external_tools/{tool}/fold{fold}.csv"

    def external_failures(self, tool: str, fold: int | str) -> str:
        return f"{self.results}/external_tools/{tool}/failures-fold{fold}.csv"

    @property
    def external_summary(self) -> str:
        return f"{self.results}/external_tools/complete.csv"

    # tools that are trained

    def staged(self, dataset: str, split: str, fold: int | str, part: str) -> str:
        return f"{self.resources}/staged/{dataset}/{split}/fold{fold}/{part}/index.csv"

    def tool_training(self, run: str) -> str:
        return f"{self.results}/tools/{run}/training.json"

    def tool_predictions(self, run: str) -> str:
        return f"{self.results}/tools/{run}/predictions.json"

    def tool_scores(self, run: str) -> str:
        return f"{self.results}/tools/{run}/scores.csv"

    def tool_failures(self, run: str) -> str:
        return f"{self.results}/tools/{run}/failures.csv"

    # the study

    @property
    def baselines(self) -> str:
        return f"{self.results}/baselines.csv"

    @property
    def all_scores(self) -> str:
        return f"{self.results}/scores.csv"

    @property
    def checks(self) -> str:
        return f"{self.results}/checks.csv"

    @property
    def report(self) -> str:
        return f"{self.results}/report.html"

    def table(self, name: str, suffix: str = "csv") -> str:
        return f"{self.results}/tables/{name}.{suffix}"

    @property
    def figures(self) -> Path:
        return Path(f"{self.results}/figures")

    def figure(self, name: str, suffix: str = "svg") -> str:
        return f"{self.results}/figures/{name}.{suffix}"
