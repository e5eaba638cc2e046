"""Projects of any length, made in a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewer import Project
from tests.format import stranger

OpenProject = Callable[..., Project]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project folder of 300 frames, not open."""
    return stranger.make_folder(tmp_path / "match")


@pytest.fixture
def open_project() -> Iterator[OpenProject]:
    """Opens folders and closes what is left open; ``author`` is Ada unless given."""
    opened: list[Project] = []

    def get(path: Path, **options: Any) -> Project:
        project = Project.open(path, **{"author": "Ada", **options})
        opened.append(project)
        return project

    yield get
    for project in reversed(opened):
        project.close()


@pytest.fixture
def project(folder: Path, open_project: OpenProject) -> Project:
    """300 frames, an empty project of Ada's."""
    return open_project(folder)
