"""The tiny study, run once for all tests of the pipeline."""

import pytest
from builders.project import Project, copy_project
from builders.tiny_study import OVERLAY


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project with the finished study; whoever changes its results does so in another copy."""
    project = copy_project(tmp_path_factory.mktemp("tiny"), str(OVERLAY))
    done = project.snakemake()
    assert done.returncode == 0, done.stdout[-4000:]
    return project
