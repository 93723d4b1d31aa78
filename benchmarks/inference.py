"""Prediction of a whole image by an unpadded network, against MONAI's sliding windows and a loop over tiles.

MONAI expects a network whose output has the size of its input, so the network is wrapped for it: the output is padded
with zeros, the weight map is one inside and zero in the padding, windows are one step apart, and the image is mirrored
and padded to whole tiles, which gives the same amount of work. The large image and its result are memory-mapped files,
and each contender runs in its own process.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.inputs import cells, picture
from benchmarks.memory import peak_mib
from benchmarks.table import Row, check, faster, skipped
from benchmarks.timing import Times, interleaved, set_threads
from unetlib.imaging.normalisation import GreyScale, NormalisedPlane
from unetlib.networks.blocks import initialise
from unetlib.networks.device import keep_freed_memory
from unetlib.networks.predict import TILE_PX, Tiling, predict
from unetlib.networks.settings import ModelSettings
from unetlib.networks.tiling import context_px, step_px
from unetlib.networks.unet import UNet

OFFSET, SCALE = 70.0, 40.0


@dataclass(frozen=True)
class Case:
    """A square image, a network and the side of its tiles."""

    side_px: int
    filters: int = 16
    depth: int = 5
    tile_px: int = 388  # the paper's tile, used by the other contenders; ours_px is our fastest
    ours_px: int = TILE_PX

    @property
    def step_px(self) -> int:
        """Distance between tiles: a multiple of the pooling grid, so that results do not depend on the tiling."""
        return self.tile_px - self.tile_px % step_px(self.depth)

    @property
    def covered_px(self) -> int:
        """Side covered by whole tiles at this distance, at least that of the image."""
        return self.tile_px + self.step_px * max(0, -(-(self.side_px - self.tile_px) // self.step_px))


FULL, LARGE = Case(1024), Case(10_000)
TINY = Case(72, filters=4, depth=3, tile_px=36, ours_px=60)


def network(case: Case) -> UNet:
    """Return the network with fixed weights."""
    model = UNet(ModelSettings(base_filters=case.filters, depth=case.depth, dropout=0.2))
    initialise(model, torch.Generator().manual_seed(0))
    return model.eval()


def image_of(case: Case) -> np.ndarray:
    """Return a picture of this side, uint8; a larger one repeats a picture of 1000 px."""
    side = min(case.side_px, 1000)
    part = picture(cells((side, side), max(4, side * side // 4000), 20 * side / 1000 + 2))
    times = -(-case.side_px // side)
    return np.tile(part, (times, times))[: case.side_px, : case.side_px]


def normal(image: np.ndarray) -> np.ndarray:
    """Return the normalised image, float32."""
    return (image.astype(np.float32) - np.float32(OFFSET)) / np.float32(SCALE)


def _mirrored(case: Case, image: np.ndarray) -> tuple[Tensor, int]:
    """Return the image (1, 1, H, W), mirrored at its borders and padded to whole tiles, and the network's context."""
    context = context_px(case.depth)
    fill = case.covered_px - case.side_px
    return torch.from_numpy(np.pad(image, (context, context + fill), mode="reflect"))[None, None], context


def tile_by_tile(case: Case, model: UNet, image: np.ndarray) -> np.ndarray:
    """Cut tiles, run the network and paste its outputs in float32; the naive reference."""
    around, context = _mirrored(case, image)
    out = np.zeros([side - 2 * context for side in around.shape[-2:]], np.float32)
    size = case.tile_px + 2 * context
    with torch.no_grad():
        for row in range(0, out.shape[0] - case.tile_px + 1, case.step_px):
            for column in range(0, out.shape[1] - case.tile_px + 1, case.step_px):
                logits = model(around[..., row : row + size, column : column + size])
                out[row : row + case.tile_px, column : column + case.tile_px] = logits.softmax(1)[0, 1].numpy()
    return out[: case.side_px, : case.side_px]


def by_monai(case: Case, model: UNet, image: np.ndarray, *, half: bool = False) -> np.ndarray:
    """Predict by MONAI's sliding_window_inference, with `half` under bf16 autocast; ImportError without MONAI."""
    from monai.inferers import sliding_window_inference

    around, context = _mirrored(case, image)
    size = case.tile_px + 2 * context
    inside = torch.zeros(size, size)
    inside[context:-context, context:-context] = 1

    def window(part: Tensor) -> Tensor:
        probability = model(part).float().softmax(1)[:, 1:]
        return torch.nn.functional.pad(probability, [context] * 4)

    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        found = sliding_window_inference(
            around, size, 1, window, overlap=1 - (case.step_px + 0.5) / size, roi_weight_map=inside, progress=False
        )
    return np.asarray(found)[0, 0, context : context + case.side_px, context : context + case.side_px]


def ours(case: Case, model: UNet, image: np.ndarray, *, half: bool = False) -> np.ndarray:
    """Predict by `unetlib.networks.predict`, with the tiles of `unetlib predict`."""
    return predict(model, image, Tiling(case.ours_px, precision="bfloat16" if half else "float32"))


def rows(case: Case = FULL, repeats: int = 7) -> Iterator[Row]:
    """Yield the rows of an image that fits into memory, in float32 and in bf16."""
    what = ("inference", f"{case.side_px}², {case.filters} filters, unpadded")
    model, image = network(case), normal(image_of(case))
    contenders: dict[str, Callable[[], np.ndarray]] = {
        "ours": partial(ours, case, model, image, half=True),
        "ours, fp32": partial(ours, case, model, image),
        "tile by tile, fp32": partial(tile_by_tile, case, model, image),
    }
    expected = contenders["tile by tile, fp32"]()
    checked = {"tile by tile, fp32": check(_apart(contenders["ours, fp32"](), expected), 1e-4, "probability")}
    check(_apart(contenders["ours"](), expected), 0.1, "probability in bf16 against fp32")
    for name, half in (("MONAI, fp32", False), ("MONAI, bf16", True)):
        contender = partial(by_monai, case, model, image, half=half)
        try:
            found = contender()
        except ImportError as error:
            yield skipped(*what, name, str(error))
            continue
        checked[name] = check(_apart(found, expected), 0.1 if half else 1e-4, "probability")
        contenders[name] = contender
    times = interleaved(contenders, repeats=repeats)
    for name, verdict in checked.items():
        mine = times["ours, fp32" if name == "MONAI, fp32" else "ours"]
        aim = "≥ 1.5" if name.startswith("MONAI") else ""
        yield faster(
            (*what, name),
            mine,
            times[name],
            aim=aim,
            checked=verdict,
            note="ours in fp32 too" if mine is not times["ours"] else "ours in bf16",
        )


def _apart(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max())


def large_rows(case: Case = LARGE, threads: int = 2) -> Iterator[Row]:
    """Yield the rows of a memory-mapped image: our memory, and our time against MONAI; one run each."""
    what = ("inference", f"{case.side_px}², {case.filters} filters, mapped in and out")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "image.npy", image_of(case))
        mine = in_a_process("ours", case, folder, threads)
        note = "peak of anonymous memory, including interpreter and torch"
        yield Row(*what, "memory", mine["peak_mib"], "MiB", aim="≤ 2048", ours_seconds=mine["seconds"], note=note)
        theirs = in_a_process("monai", case, folder, threads)
        if "missing" in theirs:
            yield skipped(*what, "MONAI, bf16", theirs["missing"])
            return
        pair = [np.load(folder / f"{who}.npy", mmap_mode="r") for who in ("ours", "monai")]
        rows = range(0, case.side_px, 1000)
        apart = float(np.max([_apart(pair[0][row : row + 1000], pair[1][row : row + 1000]) for row in rows]))
        checked = check(apart, 0.1, "probability, both bf16")
        times = [Times((found["seconds"],)) for found in (mine, theirs)]
        yield faster(
            (*what, "MONAI, bf16"), *times, aim="≥ 1.5", checked=checked, note=f"its peak {theirs['peak_mib']:.0f} MiB"
        )


def in_a_process(who: str, case: Case, folder: Path, threads: int) -> dict:
    """Run one contender on image.npy in a new process and return its seconds and peak memory."""
    words = [who, *map(str, (*astuple(case), threads)), str(folder)]
    command = [sys.executable, "-m", "benchmarks.inference", *words]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{who} at {case.side_px} px failed: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def mapped(case: Case, folder: Path) -> None:
    """Predict by unetlib from image.npy to ours.npy, tile by tile."""
    plane = np.load(folder / "image.npy", mmap_mode="r")
    out = np.lib.format.open_memmap(folder / "ours.npy", "w+", np.float32, plane.shape)
    tiling = Tiling(case.ours_px, precision="bfloat16")
    predict(network(case), NormalisedPlane(plane, GreyScale(OFFSET, SCALE)), tiling, out=out)
    out.flush()


def whole(case: Case, folder: Path) -> None:
    """Predict by MONAI from image.npy to monai.npy, in memory."""
    plane = normal(np.load(folder / "image.npy", mmap_mode="r"))
    np.save(folder / "monai.npy", by_monai(case, network(case), plane, half=True))


def main() -> None:
    """Run one contender of `large_rows` and print seconds and peak memory as JSON."""
    who, *sizes, folder = sys.argv[1:]
    *of_case, threads = map(int, sizes)
    set_threads(threads)
    case, call = Case(*of_case), mapped if who == "ours" else whole
    if who == "ours":
        keep_freed_memory()  # as `unetlib predict` does
    else:
        try:
            import monai.inferers  # noqa: F401
        except ImportError as error:
            print(json.dumps({"missing": str(error)}))
            return
    started = time.perf_counter()
    peak = peak_mib(partial(call, case, Path(folder)))
    print(json.dumps({"seconds": time.perf_counter() - started, "peak_mib": peak}))


if __name__ == "__main__":
    main()
