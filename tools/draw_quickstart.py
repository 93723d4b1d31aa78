"""Draw the sample image of the quickstart and the pictures of its page: docs/quickstart.

python -m tools.draw_quickstart
"""

import tempfile
from pathlib import Path

import numpy as np
import tifffile

from unetlib.cli import main as unetlib
from unetlib.datasets.synthetic.nuclei import fluorescence
from unetlib.imaging.outlines import outlined
from unetlib.io.files import atomic_path
from unetlib.io.png import write_png

FOLDER = Path(__file__).parent.parent / "docs/quickstart"
SAMPLE = "nuclei.tif"
NETWORK = "demo-nuclei"
SEED = 2026  # of no image that trains a network
SIDE_PX, PIXEL_UM = 256, 0.5


def draw_sample(path: Path) -> None:
    """Write the sample image, drawn nuclei (CC0), in the form of Fiji with its pixel size; always the same bytes."""
    colour, _ = next(fluorescence(SEED, frames=1, height=SIDE_PX, width=SIDE_PX, histology_every=0))
    with atomic_path(path) as temporary:
        tifffile.imwrite(
            temporary,
            np.ascontiguousarray(colour[:, :, 0]),
            imagej=True,
            resolution=(1 / PIXEL_UM, 1 / PIXEL_UM),
            metadata={"axes": "YX", "unit": "um"},
        )


def draw_pictures(sample: Path, folder: Path) -> None:
    """Write the sample as a picture, and with the cells that the shipped network finds."""
    image = tifffile.imread(sample)
    with atomic_path(folder / "image.png") as temporary:
        write_png(temporary, outlined(image, np.zeros(image.shape, np.uint8)))
    with tempfile.TemporaryDirectory() as place:
        if unetlib(["predict", NETWORK, str(sample), "-o", place, "--overlay", "--device", "cpu", "-q"]):
            raise SystemExit(1)
        with atomic_path(folder / "overlay.png") as temporary:
            temporary.write_bytes(Path(place, f"{sample.stem}_overlay.png").read_bytes())


if __name__ == "__main__":
    draw_sample(FOLDER / SAMPLE)
    draw_pictures(FOLDER / SAMPLE, FOLDER)
