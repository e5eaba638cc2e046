"""The bundled demo: a real clip and its tracks (see CREDITS.md)."""

from __future__ import annotations

import contextlib
import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import orjson

from ..format import Ontology, Project, ProjectError
from ..progress import Report

CLIP = "cars.mp4"


def make_demo(directory: Path, progress: Report | None = None) -> None:
    """Make the demo project in a new or empty folder: the clip inside it, every car tracked."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ProjectError(
            f"{directory} exists and is no demo project; name another folder: reviewer demo DIR"
        )
    existed = directory.exists()
    resources = files(__package__)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with as_file(resources / CLIP) as clip:
            shutil.copyfile(clip, directory / CLIP)
        ontology = Ontology.parse(orjson.loads((resources / "ontology.json").read_bytes()))
        tracks = orjson.loads((resources / "tracks.json").read_bytes())["entities"]
        with Project.create(
            directory, directory / CLIP, ontology, author="Reviewer demo", progress=progress
        ) as project:
            _put_tracks(project, tracks)
    except OSError as error:
        _clear(directory, existed)
        raise ProjectError(f"{directory} cannot be written ({error.strerror}).") from None
    except BaseException:
        _clear(directory, existed)
        raise


def _put_tracks(project: Project, tracks: list[dict[str, Any]]) -> None:
    with project.transaction("Track every car"):
        for track in tracks:
            first = track["presence"][0][0]
            entity = project.add_entity(track["class"], name=track["name"], frame=first)
            for name, value in track["constants"].items():
                entity[name] = value
            for frame, *box in track["box"]:
                entity["box"][frame] = box
            for frame, value in track["presence"]:
                entity["presence"][frame] = value
            for name, keyframes in track["choices"].items():
                for frame, value in keyframes:
                    entity[name][frame] = value


def _clear(directory: Path, existed: bool) -> None:
    """Leave nothing half-made behind."""
    with contextlib.suppress(OSError):
        shutil.rmtree(directory)
        if existed:
            directory.mkdir()
