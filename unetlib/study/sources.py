"""Sources of a study's datasets: a downloaded archive, synthetic microscopy, or a folder."""

from pathlib import Path

from unetlib.datasets.settings import DatasetSettings
from unetlib.datasets.source_digest import FolderSource, folder_source
from unetlib.io.fetch import missing_source
from unetlib.io.files import short_hash
from unetlib.study import layout
from unetlib.study.experiments import split_settings
from unetlib.study.settings import StudyError, StudySettings

FEW = 24  # up to so many groups of images, testing on half of them costs training too much


def pin_of(study: StudySettings, entry: DatasetSettings) -> str:
    """Return the part of an archive's path that distinguishes archives of the same name.

    It is the start of the checksum or, without a checksum, a hash of the URLs that the archive comes from.
    """
    return entry.sha256[:12] if entry.sha256 else f"from{short_hash([entry.url, *study.mirrors])}"


def source_of(study: StudySettings, dataset: str) -> str:
    """Return the path from which a dataset is read."""
    entry = study.datasets[dataset]
    if entry.folder:
        return str(Path(entry.folder).expanduser())
    if entry.synthetic:
        return layout.synthetic_archive(short_hash(entry.synthetic.identity()), dataset)
    return layout.archive(pin_of(study, entry), str(entry.archive))


def archive_entry(study: StudySettings, archive: str, pin: str) -> DatasetSettings:
    """Return the first dataset of the configuration with this archive and pin."""
    return next(entry for entry in study.datasets.values() if entry.archive == archive and pin_of(study, entry) == pin)


def check_archives(study: StudySettings, root: Path = Path()) -> None:
    """Raise StudyError if an archive of the study is not fetched yet and has no source to fetch it from.

    root: the project's folder. Servers are not contacted.
    """
    for name in study.study.datasets:
        entry = study.datasets[name]
        if entry.archive is None or (root / source_of(study, name)).is_file():
            continue
        try:
            fault = missing_source(entry.archive, study.mirrors, entry.url)
        except ValueError as error:
            fault = str(error)
        if fault:
            raise StudyError(f"datasets.{name}: {fault}", "datasets", name)


def hint_of_few(study: StudySettings, dataset: str, groups: int) -> str:
    """Return a hint if the default of two folds excludes half of few images from training; else "".

    groups: the number of groups of images that the split keeps together (`FolderSource`).
    """
    settings = split_settings(study, dataset)
    if settings.by not in ("group", "random") or settings.folds > 2 or not 3 <= groups <= FEW:
        return ""
    return (
        f"2 folds of {groups} images (or groups of images) test on half of them; split: {{folds: {min(5, groups)}}} "
        "trains on more"
    )


def source_files(study: StudySettings, dataset: str) -> list[str]:
    """Return the archive of a dataset; nothing for a folder, whose content decides instead of its time stamps."""
    return [] if study.datasets[dataset].folder else [source_of(study, dataset)]


def folder_content(study: StudySettings, dataset: str) -> FolderSource:
    """Return a checksum of the content of a dataset's folder; raise StudyError if the folder does not exist."""
    options = study.datasets[dataset].options.model_dump(include={"images", "labels"}, exclude_none=True)
    cache = Path(layout.Layout(study.study.name).checksums(dataset))
    try:
        return folder_source(Path(source_of(study, dataset)), **options, cache=cache)
    except (ValueError, OSError) as error:
        raise StudyError(f"datasets.{dataset}: {error}") from error
