"""Where a dataset comes from: an archive with its checksum in the path, synthetic microscopy, or a folder of files."""

import pytest
from builders.config import CONFIG, changed, study

from unetlib.study.settings import StudyError
from unetlib.study.sources import archive_entry, pin_of, source_files, source_of

SHA = "0123456789abcdef" * 4


def dataset(**entry):
    return study(changed(("datasets", "a"), CONFIG["datasets"]["a"] | entry))


def test_a_pinned_archive_has_its_checksum_in_its_path():
    assert source_of(study(), "a") == "resources/archives/unpinned/a.zip"
    pinned = dataset(sha256=SHA, url="https://x.org/a.zip")
    assert source_of(pinned, "a") == f"resources/archives/{SHA[:12]}/a.zip" == source_files(pinned, "a")[0]
    assert archive_entry(pinned, "a.zip", SHA[:12]).url == "https://x.org/a.zip"
    assert pin_of(pinned.datasets["b"]) == "unpinned"


def test_synthetic_microscopy_has_a_key_of_its_settings():
    one, other = (dataset(archive=None, synthetic={"modality": "phase", "seed": seed}) for seed in (1, 2))
    paths = {source_of(one, "a"), source_of(other, "a"), source_of(one, "a")}
    assert len(paths) == 2 and all(path.startswith("resources/synthetic/") for path in paths)


def test_a_folder_is_all_of_its_files(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images/a.png").touch()
    mine = dataset(archive=None, format="pairs", folder=str(tmp_path))
    assert source_files(mine, "a") == [str(tmp_path / "images/a.png")] and source_of(mine, "a") == str(tmp_path)
    (tmp_path / "images/{b}.png").touch()
    with pytest.raises(StudyError, match="Snakemake takes braces for wildcards; rename"):
        source_files(mine, "a")
    assert source_files(dataset(archive=None, format="pairs", folder="nowhere"), "a") == ["nowhere"]
