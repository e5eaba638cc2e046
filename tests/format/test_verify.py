"""`verify`: each thing that can be wrong is found, named and mended; a good project has none."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reviewer.format import ProjectError
from reviewer.format.findings import CODES, Finding
from reviewer.format.verify import verify
from reviewer.format.verify_text import describe

from reviewer import Project
from tests.format import child, stranger
from tests.format.conftest import OpenProject
from tests.format.test_damage import edit_json, flip

ONTOLOGY: dict[str, Any] = {
    "classes": [
        {
            "name": "player",
            "geometry": ["box", "polygon", "ellipse"],
            "properties": [
                {
                    "name": "pose",
                    "kind": "choice",
                    "time_varying": True,
                    "choices": ["standing", "running"],
                },
                {
                    "name": "marks",
                    "kind": "choices",
                    "time_varying": True,
                    "choices": ["a", "b"],
                },
                {"name": "speed", "kind": "number", "time_varying": True, "range": [0, 50]},
                {"name": "team", "kind": "choice", "choices": ["home", "away"]},
                {"name": "mate", "kind": "entity", "classes": ["player"]},
                {"name": "near", "kind": "entities", "time_varying": True, "classes": ["player"]},
            ],
        },
        {
            "name": "puck",
            "properties": [{"name": "holder", "kind": "entity", "time_varying": True}],
        },
    ]
}
ENTITIES = "annotations.zarr/entities"
ADA, BEN, PUCK = f"{ENTITIES}/1/player-1", f"{ENTITIES}/2/player-2", f"{ENTITIES}/3/puck-3"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two players and a puck with something of everything; nothing wrong but the lost video."""
    path = stranger.make_folder(tmp_path / "match", ontology=ONTOLOGY)
    with Project.open(path, author="Ada") as project:
        fill(project)
    return path


def fill(project: Project) -> None:
    ada = project.add_entity("player", name="Ada", entity_id="player-1")
    ben = project.add_entity("player", name="Ben", entity_id="player-2")
    puck = project.add_entity("puck", name="Puck", entity_id="puck-3")
    with project.transaction("fill"):
        for player in (ada, ben):
            player["box"][0] = (10, 20, 30, 40)
            player["polygon"][0] = [(0, 0), (10, 0), (10, 10)]
            player["ellipse"][0] = (50, 50, 10, 5, 45)
            player["pose"][0] = "running"
            player["marks"][0] = ["a", "b"]
            player["speed"][0] = 7
            player["team"] = "home"
        ada["mate"] = ben
        ada["near"][0] = [ben]
        puck["holder"][0] = ada
        puck["box"][0] = (1, 2, 3, 4)


def without_video(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.code != "video-missing"]


def snapshot(path: Path) -> dict[str, Any]:
    """Every file, also those of this machine, with its bytes and times."""
    return {
        str(file): (file.read_bytes() if file.is_file() else None, file.lstat().st_mtime_ns)
        for file in sorted(path.rglob("*"))
    }


def test_a_good_project_has_no_findings_and_is_not_touched(folder: Path) -> None:
    before = snapshot(folder)
    findings = verify(folder)
    assert [finding.code for finding in findings] == ["video-missing"]
    assert snapshot(folder) == before
    seen: list[tuple[int, int | None]] = []
    verify(folder, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3)]


def constant(entity: str, **values: Any) -> Callable[[Path], None]:
    def change(meta: dict[str, Any]) -> None:
        meta["attributes"]["properties"].update(values)

    return lambda folder: edit_json(change)(folder / entity / "zarr.json")


def at(name: str, damage: Callable[[Path], Any]) -> Callable[[Path], None]:
    return lambda folder: damage(folder / name)


def row(entity: str, name: str, frame: int, value: Any) -> Callable[[Path], None]:
    """Put a row with stock zarr, past all checks."""

    def put(folder: Path) -> None:
        import zarr

        store = zarr.open_group(folder / "annotations.zarr", mode="r+")
        store[f"{entity.removeprefix('annotations.zarr/')}/{name}"][frame] = value

    return put


def ontology(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    return lambda folder: edit_json(change)(folder / "ontology.json")


def retype(data: dict[str, Any]) -> None:
    data["classes"][0]["properties"][0] = {"name": "pose", "kind": "text", "time_varying": True}


def require(data: dict[str, Any]) -> None:
    data["classes"][1]["properties"].append({"name": "maker", "kind": "text", "required": True})


def tombstone(folder: Path) -> None:
    edit_json(lambda meta: meta["attributes"].update(deleted=True))(folder / BEN / "zarr.json")


def new_times(folder: Path) -> None:
    import zarr

    zarr.open_group(folder / "annotations.zarr", mode="r+")["frames/pts"][7] = 0


def companion(folder: Path) -> None:
    group = (folder / ADA / "box.mode").parent
    shutil.copytree(group / "presence", group / "box.mode")
    edit_json(lambda meta: meta.update(attributes={"kind": "mode"}))(group / "box.mode/zarr.json")
    row(ADA, "box.mode", 0, 4)(folder)
    row(ADA, "box.mode", 9, 1)(folder)


def leave_in_journal(folder: Path) -> None:
    code, _ = child.run(
        """
        import os
        project = Project.open(sys.argv[1])
        project.entity("Ada")["box"][50] = (1, 1, 1, 1)
        os._exit(9)
        """,
        folder,
    )
    assert code == 9


def cut_journal(folder: Path) -> None:
    with open(folder / ".reviewer/journal/00000001.log", "ab") as file:
        file.write(b"\x40\0\0\0half a record")


def link(name: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / name
        path.rename(folder.parent / "elsewhere")
        path.symlink_to(folder.parent / "elsewhere")

    return apply


def write(name: str, text: str = "") -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    return apply


def near(*references: tuple[str, int, list[str]]) -> Callable[[Path], None]:
    """Who is near whom from a frame on."""

    def apply(folder: Path) -> None:
        with Project.open(folder) as project, project.transaction("near"):
            for name, frame, others in references:
                project.entity(name)["near"][frame] = [project.entity(other) for other in others]

    return apply


# what is done to the folder -> what is found: code, and a part of where or of the summary
DAMAGE: dict[str, tuple[Callable[[Path], Any], list[tuple[str, str]]]] = {
    "future version": (
        at(
            "annotations.zarr/zarr.json",
            edit_json(lambda m: m["attributes"]["reviewer"].update(format_version=9)),
        ),
        [("project-unreadable", "version 9")],
    ),
    "merge conflict": (
        at("ontology.json", lambda p: p.write_text("<<<<<<< ours\n" + p.read_text())),
        [("project-unreadable", "ontology.json")],
    ),
    "no time": (
        at("video.json", edit_json(lambda data: data.update(time_base=[0, 1]))),
        [("project-unreadable", "video.json")],
    ),
    "two lengths": (
        at(
            "annotations.zarr/zarr.json",
            edit_json(lambda m: m["attributes"]["reviewer"].update(frame_count=301)),
        ),
        [("frame-count", "301 frames and video.json of 300")],
    ),
    "no group": (at(f"{ENTITIES}/1/zarr.json", Path.unlink), [("group-unreadable", "1/zarr.json")]),
    "notes": (write("annotations.zarr/notes.txt"), [("foreign-file", "zarr/notes.txt")]),
    "deep notes": (write(f"{ADA}/notes.txt"), [("foreign-file", "player-1/notes.txt")]),
    "old times": (write("annotations.zarr/frames/pts/c.1"), [("foreign-file", "pts/c.1")]),
    "other entities": (write(f"{ENTITIES}/1/note"), [("foreign-file", "1/note")]),
    "a link": (link(f"{ENTITIES}/1"), [("link", f"{ENTITIES}/1"), ("reference-missing", "holder")]),
    "a linked array": (link(f"{ADA}/box"), [("link", "player-1/box")]),
    "misplaced": (
        lambda folder: (folder / ADA).rename(folder / ENTITIES / "2/player-1"),
        [("misplaced", "2/player-1"), ("reference-missing", "player-1")],
    ),
    "a leftover": (write(".reviewer/tmp/ab.tmp"), [("leftover", ".reviewer/tmp/ab.tmp")]),
    "flipped times": (
        at("annotations.zarr/frames/pts/c.0", flip),
        [("times-unreadable", "frames/pts")],
    ),
    "other times": (new_times, [("times-differ", "pts"), ("times-order", "Frame 7")]),
    "no attributes": (
        at(f"{ADA}/zarr.json", Path.unlink),
        [("entity-unreadable", "player-1/zarr.json"), ("reference-missing", "player-1")],
    ),
    "no metadata": (
        at(f"{ADA}/box/zarr.json", Path.unlink),
        [("array-unreadable", "player-1/box/zarr.json")],
    ),
    "flipped chunk": (at(f"{ADA}/box/c.0.0", flip), [("chunk-damaged", "player-1/box/c.0.0")]),
    "a cut journal": (cut_journal, [("journal-damaged", "cut short")]),
    "another's journal": (
        at(".reviewer/journal/00000001.log", lambda path: path.write_bytes(b"RVJ9" * 9)),
        [("journal-damaged", "not one this reviewer wrote")],
    ),
    "not flushed": (leave_in_journal, [("journal-pending", "1 edits are")]),
    "lost class": (
        ontology(lambda data: data["classes"].pop(1)),
        [("class-unknown", "Puck")],
    ),
    "lost property": (
        ontology(lambda data: data["classes"][0]["properties"].pop(2)),
        [("keyframes-hidden", '"speed" of Ada'), ("keyframes-hidden", '"speed" of Ben')],
    ),
    "lost constant": (
        ontology(lambda data: data["classes"][0]["properties"].pop(4)),
        [("constant-unknown", '"mate" of Ada')],
    ),
    "another kind": (
        ontology(retype),
        [("kind-mismatch", "stored as choice"), ("kind-mismatch", '"pose" of Ben')],
    ),
    "odd constant": (constant(ADA, team="visitors"), [("value-unfit", "'visitors'")]),
    "lost choice": (
        row(ADA, "pose", 20, 5),
        [("choice-unknown", "code 5, which there is not, on 1 frame.")],
    ),
    "lost choices": (row(ADA, "marks", 20, "[0,7]"), [("choice-unknown", "code 7")]),
    "too fast": (row(ADA, "speed", 20, 51), [("out-of-range", "0 to 50 on 1 frame")]),
    "odd rule": (companion, [("rule-unfit", "box.mode"), ("companion-orphan", "frame 9")]),
    "refers to none": (row(PUCK, "holder", 3, "player-9"), [("reference-missing", '"player-9"')]),
    "refers to a ghost": (
        tombstone,
        [("reference-deleted", '"mate" of Ada'), ("reference-deleted", '"near" of Ada')],
    ),
    "refers to a puck": (
        row(ADA, "near", 0, '["player-2","puck-3"]'),
        [("reference-class", "a puck and none of player")],
    ),
    "refers to itself": (constant(ADA, mate="player-1"), [("reference-self", '"mate" of Ada')]),
    "a circle in time": (
        near(("Ada", 7, ["Ben"]), ("Ben", 5, ["Ada"]), ("Ben", 9, [])),
        [("reference-cycle", '"near" of Ada leads in a circle, Ada, Ben, from frame 5')],
    ),
    "a circle at no time": (near(("Ada", 5, []), ("Ben", 5, ["Ada"])), []),
    "a circle": (constant(BEN, mate="player-1"), [("reference-cycle", "Ada, Ben")]),
    "nowhere": (row(ADA, "presence", 0, -1), [("presence-missing", "Ada is present nowhere")]),
    "required": (ontology(require), [("required-missing", "missing on 300 frames")]),
    "beyond": (row(ADA, "box", 4, (-1, 5, 9, 9)), [("beyond-picture", "frame 4")]),
    "outside": (row(ADA, "box", 4, (1920, 5, 9, 9)), [("outside-picture", "frame 4")]),
    "flat": (row(ADA, "box", 4, (1, 5, 0, 9)), [("degenerate", "frame 4")]),
    "far ellipse": (
        row(ADA, "ellipse", 4, (-100, 5, 50, 60, 0)),
        [("outside-picture", '"ellipse"')],
    ),
    "a bow tie": (
        row(ADA, "polygon", 4, "POLYGON ((0 0, 10 10, 10 0, 0 30, 0 0))"),
        [("self-crossing", '"polygon", frame 4')],
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_wrong_is_found(folder: Path, damage: str) -> None:
    apply, expected = DAMAGE[damage]
    apply(folder)
    before = snapshot(folder)
    findings = without_video(verify(folder))
    assert [finding.code for finding in findings] == [code for code, _ in expected], findings
    told = describe(findings, 1000)
    for (code, part), finding in zip(expected, findings, strict=True):
        assert part in told, (code, told)
        assert finding.summary.endswith(".")
        assert finding.mend in told
        json.dumps(finding.to_json())
    assert snapshot(folder) == before


def test_every_code_is_tried() -> None:
    tried = {code for _, expected in DAMAGE.values() for code, _ in expected}
    assert tried | {"video-missing", "video-differs"} == set(CODES)


def test_quick_leaves_out_how_shapes_lie(folder: Path) -> None:
    row(ADA, "box", 4, (-1, 5, 9, 9))(folder)
    assert without_video(verify(folder, quick=True)) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda data: None, None),
        (lambda data: data.update(size=data["size"] + 1), "bytes and not"),
        (lambda data: data.update(fingerprint="00"), "content differs"),
        (lambda data: data.update(width=data["width"] * 2), "pictures are"),
        (lambda data: data.update(time_base=[1, 7]), "time base"),
    ],
)
def test_the_video_is_compared(
    tmp_path: Path, plain_video: Path, change: Callable[[dict[str, Any]], None], complaint: str
) -> None:
    video = Path(shutil.copy(plain_video, tmp_path))
    Project.create(tmp_path / "p", video).close()
    edit_json(change)(tmp_path / "p/video.json")
    findings = verify(tmp_path / "p")
    if complaint is None:
        assert findings == []
        return
    (finding,) = findings
    assert finding.code == "video-differs"
    assert complaint in finding.summary


def test_times_of_another_video(tmp_path: Path, plain_video: Path) -> None:
    video = Path(shutil.copy(plain_video, tmp_path))
    Project.create(tmp_path / "p", video).close()
    import zarr

    pts = zarr.open_group(tmp_path / "p/annotations.zarr", mode="r+")["frames/pts"]
    pts[:] = pts[:] + np.arange(len(pts[:]))
    codes = [finding.code for finding in verify(tmp_path / "p")]
    assert codes == ["times-differ", "video-differs"]


@pytest.mark.parametrize("name", ["nothing", "file", "empty"])
def test_what_is_no_project_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ProjectError, match=r"\.$"):
        verify(tmp_path / name)


def test_a_project_that_is_open_can_be_checked(folder: Path, open_project: OpenProject) -> None:
    project = open_project(folder)
    project.entity("Ada")["box"][60] = (1, 1, 1, 1)
    codes = {finding.code for finding in without_video(verify(folder))}
    assert codes <= {"journal-pending", "leftover"}


def test_many_findings_of_a_sort_are_counted(folder: Path) -> None:
    with Project.open(folder) as project, project.transaction("many"):
        for number in range(30):
            entity = project.add_entity("player", name=f"P{number}")
            for frame in range(40):
                entity["box"][frame] = (-frame - 1, 0, 100, 100)
    findings = [f for f in verify(folder) if f.code == "beyond-picture"]
    assert len(findings) == 30
    assert (findings[0].count, len(findings[0].frames)) == (40, 20)
    told = describe(findings)
    assert "and 25 more of these" in told
    assert told.startswith("30 notes.\n")
    assert max(map(len, told.splitlines())) <= 80
    assert describe([]) == "The project is in order."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.timeout(30)
def test_pipes_do_not_hold_it_up(folder: Path) -> None:
    chunk = folder / ADA / "box/c.0.0"
    chunk.unlink()
    os.mkfifo(chunk)
    assert [f.code for f in without_video(verify(folder))] == ["chunk-damaged"]
