"""Where the datasets of a study come from: an archive that is downloaded, synthetic microscopy, or a folder."""

from pathlib import Path

from unetlib.datasets.settings import DatasetSettings
from unetlib.io.files import short_hash
from unetlib.study import layout
from unetlib.study.settings import StudyError, StudySettings


def pin_of(entry: DatasetSettings) -> str:
    """Return the start of an archive's checksum, which is part of its path."""
    return (entry.sha256 or "unpinned")[:12]


def source_of(study: StudySettings, dataset: str) -> str:
    """Return the path that a dataset is read from."""
    entry = study.datasets[dataset]
    if entry.folder:
        return entry.folder
    if entry.synthetic:
        return layout.synthetic_archive(short_hash(entry.synthetic.identity()), dataset)
    return layout.archive(pin_of(entry), str(entry.archive))


def archive_entry(study: StudySettings, archive: str, pin: str) -> DatasetSettings:
    """Return the first dataset of the configuration with this archive and checksum."""
    return next(entry for entry in study.datasets.values() if entry.archive == archive and pin_of(entry) == pin)


def source_files(study: StudySettings, dataset: str) -> list[str]:
    """Return the files that a dataset is read from: the archive, or those of a folder."""
    source = source_of(study, dataset)
    if not study.datasets[dataset].folder:
        return [source]
    files = sorted(str(path) for path in Path(source).rglob("*") if path.is_file())
    if braced := [name for name in files if "{" in name or "}" in name]:
        raise StudyError(f"datasets.{dataset}: Snakemake takes braces for wildcards; rename {braced[0]}")
    return files or [source]
