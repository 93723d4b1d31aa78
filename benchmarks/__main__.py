"""Run all comparisons: python -m benchmarks [--only weight_maps metrics] [--mirror mirror.yaml].

Print each row as it is measured, then the whole table, and write benchmarks/results.json with scaling.png beside it.
Exit with status 1 if one of our results was wrong or a subject failed; a missed aim is a result, not an error.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.table import Row, markdown, skipped, write_results
from benchmarks.timing import set_threads

SUBJECTS = (
    *("weight_maps", "augmentation", "metrics", "training", "inference"),
    *("time_to_accuracy", "planning", "scaling", "gpu"),
)


def subjects(arguments: argparse.Namespace, flops_per_s: float) -> dict[str, Callable[[], Iterator[Row]]]:
    """Return the function that yields each subject's rows; subjects are imported after the number of threads is set."""
    from benchmarks import (
        augmentation,
        gpu,
        inference,
        metrics,
        planning,
        scaling,
        time_to_accuracy,
        training,
        weight_maps,
    )

    def whole_images() -> Iterator[Row]:
        yield from inference.rows()
        yield from inference.large_rows(threads=arguments.threads)

    return {
        "weight_maps": weight_maps.rows,
        "augmentation": augmentation.rows,
        "metrics": metrics.rows,
        "training": lambda: training.rows(flops_per_s=flops_per_s, threads=arguments.threads),
        "inference": whole_images,
        "time_to_accuracy": lambda: time_to_accuracy.rows(arguments.mirror, arguments.threads),
        "planning": planning.rows,
        "scaling": lambda: scaling.rows(arguments.output.with_name("scaling.png")),
        "gpu": gpu.rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=SUBJECTS)
    parser.add_argument("--mirror", type=Path, help="a study file that says where the archive of ISBI-2012 is")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results.json"))
    arguments = parser.parse_args()
    set_threads(arguments.threads)
    from benchmarks.machine import ceilings, describe

    machine, started = describe(arguments.threads), time.perf_counter()
    machine |= ceilings()
    rows: list[Row] = []
    spent: dict[str, float] = {}
    failed = False
    for name, run in subjects(arguments, machine["bf16_flops_per_s"]).items():
        if name not in arguments.only:
            continue
        before = time.perf_counter()
        try:
            for row in run():
                rows.append(row)
                print(markdown([row]).splitlines()[-1], flush=True)
        except Exception as error:  # keep the results of the other subjects
            traceback.print_exc()
            rows.append(skipped(name, "failed", "–", f"{type(error).__name__}: {error}"))
            failed = True
        spent[name] = round(time.perf_counter() - before, 1)
    machine["seconds_by_subject"] = spent
    machine["seconds"] = time.perf_counter() - started
    print("\n" + markdown(rows))
    print(f"\n{machine}")
    write_results(arguments.output, rows, machine)
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
