"""`unetlib finetune` on the command line: a folder in, a network and two lines of scores out, nothing lost."""

import numpy as np
import pytest
import tifffile

from unetlib import cli
from unetlib.networks.trained_network import read_model


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for kind in ("images", "labels"):
        (tmp_path / "cells" / kind).mkdir(parents=True)
    for number in range(3):
        labels = np.zeros((64, 64), np.uint16)
        row, column = random.integers(0, 16, 2)
        labels[row : row + 14, column : column + 20], labels[36:54, 14 * number : 14 * number + 16] = 1, 2
        image = ((labels > 0) * 120 + random.integers(20, 60, labels.shape)).astype(np.uint8)
        tifffile.imwrite(tmp_path / f"cells/images/{number}.tif", image)
        tifffile.imwrite(tmp_path / f"cells/labels/{number}.tif", labels)
    return tmp_path / "cells"


def run(*given):
    return cli.main(["finetune", "demo-nuclei", "cells", *map(str, given)])


def test_a_network_is_trained_scored_and_used(folder, capsys):
    assert run("-o", "mine.pt", "--updates", 1, "--threads", 1) == 0
    told = capsys.readouterr()
    header, before, after = told.out.splitlines()
    assert header.split() == ["Dice", "SEG", "mAP"] and before.split()[0] == "before" and after.split()[0] == "after"
    assert "mine.pt: trained on 2 images" in told.err and "held out: 2" in told.err
    assert cli.main(["info", "mine.pt"]) == 0 and "held out" in capsys.readouterr().out
    assert cli.main(["predict", "mine.pt", "cells/images/0.tif", "-o", "out", "-q"]) == 0
    assert (folder.parent / "out/0_labels.tif").is_file()


def test_an_existing_file_is_replaced_only_if_it_is_a_network_and_on_request(folder, capsys):
    output = folder.parent / "mine.pt"
    output.write_text("notes")
    assert run("-o", "mine.pt", "--updates", 1, "--overwrite") == 1
    assert "is not a network of unetlib" in capsys.readouterr().err and output.read_text() == "notes"
    output.unlink()
    assert run("-o", "mine.pt", "--updates", 1, "-q") == 0
    first = output.read_bytes()
    assert run("-o", "mine.pt", "--updates", 1) == 1
    assert "exists; choose another name, or --overwrite" in capsys.readouterr().err and output.read_bytes() == first
    assert run("-o", "mine.pt", "--updates", 2, "--overwrite", "-q") == 0
    assert read_model(output)[0].updates == 2
    for given in ("cells/images/0.tif", "cells"):
        assert run("-o", given, "--updates", 1, "--overwrite") == 1
    assert (folder / "images/0.tif").stat().st_size > 1000


def test_images_that_cannot_train_are_named_in_one_line(folder, capsys):
    (folder / "labels/1.tif").unlink()
    (folder / "labels/2.tif").write_bytes(b"II*\0broken")
    assert run("-o", "mine.pt", "--updates", 1) == 1
    told = capsys.readouterr().err
    assert "labels/2.tif" in told and "Traceback" not in told and not (folder.parent / "mine.pt").exists()
    assert cli.main(["finetune", "demo-nuclei", "nowhere", "-o", "mine.pt"]) == 1
    assert "nowhere" in capsys.readouterr().err
