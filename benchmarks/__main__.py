"""Every comparison in one run: python -m benchmarks [--only weights metrics] [--mirror mirror.yaml].

Prints the table as rows come in, then as a whole, and writes benchmarks/results.json and scale.png beside it.
Exits with 1 when an answer of ours was wrong or a subject failed; a missed aim is a result, not an error.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.clock import set_threads
from benchmarks.table import Row, markdown, skipped, write_results

SUBJECTS = ("weights", "augmentation", "metrics", "training", "inference", "accuracy", "dag", "scale", "gpu")


def subjects(arguments: argparse.Namespace, flops_per_s: float) -> dict[str, Callable[[], Iterator[Row]]]:
    """Return what each subject runs; imports wait until threads are set."""
    from benchmarks import accuracy, augmentation, dag, gpu, inference, metrics, scale, training, weights

    def whole_images() -> Iterator[Row]:
        yield from inference.rows()
        yield from inference.large_rows(threads=arguments.threads)

    return {
        "weights": weights.rows,
        "augmentation": augmentation.rows,
        "metrics": metrics.rows,
        "training": lambda: training.rows(flops_per_s=flops_per_s, threads=arguments.threads),
        "inference": whole_images,
        "accuracy": lambda: accuracy.rows(arguments.mirror, arguments.threads),
        "dag": dag.rows,
        "scale": lambda: scale.rows(arguments.output.with_name("scale.png")),
        "gpu": gpu.rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=SUBJECTS)
    parser.add_argument("--mirror", type=Path, help="a study overlay that says where the EM archive is")
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
        except Exception as error:  # one subject must not take the others' numbers with it
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
