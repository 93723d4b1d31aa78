"""Give seeded malformed files to every reader of unetlib and print a table of the outcomes.

python tests/robustness/fuzz.py --seed 0 --count 1000 [--only tiff png] [--write docs/reliability.md]

Each reader gets `count` mutations in a child process of its own: bounded memory, a time limit per case, a folder
beside a file that must not change. A case is `refused` by an error of the project's own family on one line that names
the file, `read`, or a defect: another exception, a crash, too much time or memory, or a write outside its folder.
"""

import argparse
import contextlib
import logging
import multiprocessing
import os
import platform
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1]), str(HERE.parents[2])]

from builders.malformed import mutated  # noqa: E402
from builders.malformed_targets import targets  # noqa: E402

from tools.marked_sections import keep_other_rows, write_section  # noqa: E402

SECONDS = 5  # of processor time for one case, which takes milliseconds
WALL_SECONDS = 600  # without a sign of life; the machine may be busy
MEMORY_BYTES = 3 << 29  # of address space beyond what the process has when it begins: three times the largest image
OUTCOMES = ("read", "refused", "defect")
CANARY = b"must not change"


class TooSlow(BaseException):
    """A case took more than SECONDS."""


def stop(number, frame):
    raise TooSlow(f"more than {SECONDS} s of processor time")


def outcome_of(target, folder, data):
    """Read one case; return its outcome and the message of its error."""
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        target.read(folder, data)
        return "read", ""
    except target.errors as error:
        memory = isinstance(error.__cause__, MemoryError)
        fault = "out of memory: " * memory + "more than one line: " * (len(str(error).splitlines()) != 1)
        return ("defect" if fault else "refused"), fault + str(error)
    except (Exception, TooSlow) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return "defect", f"{type(error).__name__}: {str(error)[:200]!r} at {Path(last.filename).name}:{last.lineno}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def child(name, target, seed, first, last, root, send):
    """Run cases first … last - 1 of one reader; send (index, None) before and (index, row) after each."""
    logging.disable()  # tifffile warns of what it repairs
    warnings.filterwarnings("ignore")
    warnings.filterwarnings("error", module="unetlib")
    os.fsync = lambda descriptor: None  # durability is not what is tried here, and costs most of the time
    seeds = target.seeds()
    case, canary = root / "case", root / "evil.tif"
    for data in seeds:
        outcome, message = outcome_of(target, fresh(case), data)
        assert outcome == "read", f"{name}: a valid file was not read: {message}"
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES,) * 2)
    for index in range(first, last):
        fresh(root)
        canary.write_bytes(CANARY)
        data = mutated(seeds[index % len(seeds)], target.kind, seed, index)
        send((index, None))
        started = time.process_time()
        outcome, message = outcome_of(target, fresh(case), data)
        seconds = time.process_time() - started
        standing = sorted(path.name for path in root.iterdir())
        if standing != ["case", "evil.tif"] or canary.read_bytes() != CANARY:
            outcome, message = "defect", f"wrote outside its folder: {standing}"
        send((index, {"index": index, "outcome": outcome, "message": message[:300], "seconds": seconds}))


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def run(name, target, seed, first, count):
    """Run all cases of one reader; a child that dies or hangs is one defect, and the next child goes on after it."""
    rows, last = [], first + count
    context = multiprocessing.get_context("fork")  # torch is imported once, not once per reader
    while first < last:
        with tempfile.TemporaryDirectory() as root:
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=child, args=(name, target, seed, first, last, Path(root), sender.send))
            process.start()
            sender.close()
            begun = None
            with contextlib.suppress(EOFError):
                while receiver.poll(WALL_SECONDS):  # the timer cannot interrupt a loop in C, nor a sleep
                    begun, row = receiver.recv()
                    rows += [row] if row else []
            process.kill()
            process.join()
        if begun is None:
            raise SystemExit(f"{name}: did not begin")
        if not rows or rows[-1]["index"] != begun:
            message = "the process crashed or hung"
            rows.append({"index": begun, "outcome": "defect", "message": message, "seconds": float(SECONDS)})
        first = begun + 1
    return rows


def kind_of(message):
    """Return an error's message without the parts that differ from case to case."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|b'.*?'|\d+|\S*/\S*", "…", message)[:110]


def table(results):
    """Return the lines of the Markdown table: one row per reader."""
    head = ["reader", "what is called", "cases", *OUTCOMES, "kinds of refusal", "slowest, s"]
    lines = ["| " + " | ".join(head) + " |", "|---|---|" + "---:|" * (len(head) - 2)]
    for name, (what, rows) in results.items():
        tally = Counter(row["outcome"] for row in rows)
        kinds = len({kind_of(row["message"]) for row in rows if row["outcome"] == "refused"})
        slowest = max(row["seconds"] for row in rows)
        cells = [name, what, len(rows), *(tally[o] for o in OUTCOMES), kinds, f"{slowest:.2f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000, help="cases per reader")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", nargs="+", metavar="READER")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the table in this page")
    given = parser.parse_args()
    if not given.only:
        import unetlib.training.cache  # noqa: F401  the children of this process then find torch imported
    results = {}
    for name, target in targets().items():
        if given.only and name not in given.only:
            continue
        rows = run(name, target, given.seed, given.first, given.count)
        results[name] = (target.what, rows)
        for row in rows:
            if row["outcome"] == "defect":
                print(f"{name}:{row['index']}: {row['message']}", file=sys.stderr, flush=True)
    lines = table(results)
    print("\n".join(lines))
    if given.write:
        only = f" --only {' '.join(given.only)}" if given.only else ""
        made = f"`python tests/robustness/fuzz.py --seed {given.seed} --count {given.count}{only}` (Python"
        others = "; readers with another number of cases are of an earlier run" if given.only else ""
        lines = [f"{made} {platform.python_version()}){others}.\n", *lines]
        script = "tests/robustness/fuzz.py"
        write_section(
            given.write, "fuzz", script, keep_other_rows(given.write.read_text(), "fuzz", script, lines)
        )  # other readers' rows stay
    sys.exit(any(row["outcome"] == "defect" for _, rows in results.values() for row in rows))


if __name__ == "__main__":
    main()
