"""The command line as people and scripts meet it: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest

from reviewer import Project
from tests.format import disks, stranger
from tests.format.contents import everything, versioned_files
from tests.videos import make_video

ROOT = Path(__file__).parents[2]
COMMANDS = ("demo", "new", "open", "serve", "info", "import", "export")


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    environment.pop("DISPLAY", None)
    return subprocess.run(
        [sys.executable, "-m", "reviewer", *map(str, arguments)],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def refused(*arguments: object, cwd: Path | None = None) -> str:
    """Run what must fail: exit 2, nothing on standard output, one sentence on standard error."""
    done = run(*arguments, cwd=cwd)
    assert "Traceback" not in done.stderr
    assert done.returncode == 2, done
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("reviewer")
    # a sentence, or one that ends in the command to type
    assert re.search(r"(\.|: reviewer \w+ .+)$", lines[0]), lines[0]
    assert "\x1b" not in lines[0]
    return lines[0]


@pytest.fixture
def video(tmp_path: Path, plain_video: Path) -> Path:
    return Path(shutil.copy(plain_video, tmp_path / "game.mp4"))


@pytest.fixture
def project(tmp_path: Path, video: Path) -> Path:
    """A project of two entities beside its video of 90 frames."""
    with Project.create(tmp_path / "match", video, stranger.ONTOLOGY) as project:
        one = project.add_entity("player", entity_id="player-1", name="One")
        one["box"][0] = (0, 0, 10, 10)
        one["box"][80] = (80.5, 40, 10, 10)
        one["pose"][3] = "down"
        project.add_entity("event", name="whistle", frame=50)
    return tmp_path / "match"


# -- what works ---------------------------------------------------------------------------------


def test_from_a_video_to_an_export(tmp_path: Path, video: Path) -> None:
    done = run("new", "match", "--video", "game.mp4", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Made match: 90 frames, 00:02.966.")
    (tmp_path / "gt.txt").write_text("1,4,10.25,20,30,40,1,-1,-1,-1\n3,4,11.25,20,30,40\n")
    done = run("import", "match", "gt.txt", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Imported 2 rows as 1 entity with 6 keyframes.\n"
    done = run("export", "match", "-o", "out.txt", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Wrote 2 rows to out.txt.\n"
    assert (tmp_path / "out.txt").read_text() == (
        "1,4,10.25,20,30,40,1,-1,-1,-1\n3,4,11.25,20,30,40,1,-1,-1,-1\n"
    )


def test_a_project_may_be_the_folder_of_its_video(tmp_path: Path, video: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    shutil.move(video, folder)
    done = run("new", folder, "--video", folder / "game.mp4")
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "video.json").read_text())["file"] == "game.mp4"
    assert run("info", folder).returncode == 0


def test_info_is_readable_and_with_json_one_document(project: Path, video: Path) -> None:
    done = run("info", project)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"frames +90 \(", done.stdout)
    assert re.search(r"entities +2 \(player 1, event 1\)", done.stdout)
    done = run("info", project, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["kind"] == "project"
    assert found["video"]["frames"] == 90
    assert found["entities"] == 2
    assert found["classes"] == {"player": 1, "puck": 0, "event": 1}
    assert found["keyframes"] == {"presence": 2, "box": 2, "pose": 1}
    assert found["problems"] == []
    done = run("info", video, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["kind"], found["frames"], found["width"]) == ("video", 90, 640)


def test_info_writes_nothing(project: Path) -> None:
    before = versioned_files(project)
    run("info", project)
    assert versioned_files(project) == before


@pytest.mark.parametrize("kind", ["mot", "csv", "parquet", "arrow"])
def test_export_some_frames_in_any_format(project: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    done = run("export", project, "--format", kind, "-o", out, "--frames", "10:20")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Wrote 10 rows to {out}.\n"
    if kind == "parquet":
        table = pyarrow.parquet.read_table(out)
        assert table.column("frame").to_pylist() == list(range(10, 20))
        with Project.open(project) as opened:
            wanted = [opened.entity("One")["box"].at(frame)[0] for frame in range(10, 20)]
        assert table.column("box_x").to_pylist() == wanted
    if kind == "mot":
        assert [line.split(",")[0] for line in out.read_text().splitlines()] == [
            str(frame) for frame in range(11, 21)
        ]


@pytest.mark.parametrize(("frames", "rows"), [(":", 130), ("85:", 10), (":3", 3), ("5:5", 0)])
def test_ends_of_a_range_may_be_left_out(
    project: Path, tmp_path: Path, frames: str, rows: int
) -> None:
    done = run("export", project, "-o", tmp_path / "out.csv", "--frames", frames)
    unit = "row" if rows == 1 else "rows"
    assert done.stdout == f"Wrote {rows} {unit} to {tmp_path / 'out.csv'}.\n", done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: reviewer {command}")
    assert len(done.stdout.splitlines()) > 8
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_help_leads_to_the_first_steps() -> None:
    for arguments, code in (["--help"], 0), ([], 2):
        done = run(*arguments)
        assert done.returncode == code
        for command in COMMANDS:
            assert re.search(rf"^ +{command} ", done.stdout, re.MULTILINE)
        assert "reviewer demo" in done.stdout
    assert run("--version").stdout.startswith("reviewer ")


class Serving:
    """A `reviewer serve` process."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reviewer", "serve", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def first_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_its_address_first_and_ends_when_told(
    project: Path, number: signal.Signals
) -> None:
    serving = Serving(project, "--port", 0, "--no-browser")
    line = serving.first_line()
    address, token = re.fullmatch(
        r"(http://127\.0\.0\.1:\d+)/#token=([\w-]+)&project=0\n", line
    ).groups()  # type: ignore[union-attr]
    request = urllib.request.Request(
        f"{address}/api/projects", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        (found,) = json.load(answer)
    assert found["name"] == "match"
    code, out, err = serving.stop(number)
    assert (code, out, err) == (0, "", "")


# -- what does not ------------------------------------------------------------------------------


def broken_videos() -> dict[str, Callable[[Path], None]]:
    def audio(path: Path) -> None:
        import av

        with av.open(str(path), "w", format="wav") as container:
            stream = container.add_stream("pcm_s16le", rate=8000)
            frame = av.AudioFrame(format="s16", layout="mono", samples=800)
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))

    def truncated(path: Path) -> None:
        make_video(path.with_suffix(".mp4"), frames=30, size=(320, 192))
        data = path.with_suffix(".mp4").read_bytes()
        path.with_suffix(".mp4").unlink()
        path.write_bytes(data[: len(data) // 2])

    return {
        "text": lambda path: path.write_text("not a video at all\n" * 50) and None,
        "empty": lambda path: path.touch(),
        "audio": audio,
        "cut short": truncated,
        "zeros": lambda path: path.write_bytes(bytes(100_000)) and None,
        "a folder": lambda path: path.mkdir(),
        "a picture's beginning": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n") and None,
    }


@pytest.mark.parametrize("what", broken_videos())
def test_what_is_no_video_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "game.video"
    broken_videos()[what](path)
    before = sorted(tmp_path.iterdir())
    sentence = refused("new", tmp_path / "match", "--video", path)
    assert "game.video" in sentence
    if what != "a folder":
        assert "game.video" in refused("info", path)
    assert sorted(tmp_path.iterdir()) == before, "nothing half-made"


def test_missing_things_are_named(tmp_path: Path, project: Path) -> None:
    nowhere = tmp_path / "nowhere"
    for arguments in (
        ("new", tmp_path / "other", "--video", nowhere),
        ("info", nowhere),
        ("serve", nowhere, "--port", 0, "--no-browser"),
        ("serve", project, nowhere, "--port", 0, "--no-browser"),
        ("export", nowhere, "-o", tmp_path / "out.csv"),
        ("import", project, nowhere, "--format", "mot"),
        ("export", project, "-o", nowhere / "deep" / "out.csv"),
        ("new", tmp_path / "other", "--video", tmp_path / "game.mp4", "--ontology", nowhere),
    ):
        assert "nowhere" in refused(*arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["game.mp4", "match"]


def test_a_folder_that_is_no_project_is_named(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "file.txt").touch()
    for command in ("info", "serve", "open"):
        sentence = refused(command, tmp_path / "plain")
        assert "not a Reviewer project" in sentence or "not a terminal" in sentence
    sentence = refused("export", tmp_path / "plain", "-o", tmp_path / "out.csv")
    assert "not a Reviewer project" in sentence
    sentence = refused("export", tmp_path / "plain" / "file.txt", "-o", tmp_path / "out.csv")
    assert "is a file" in sentence
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file.txt", "plain"]


def test_a_project_is_not_made_over_anything(tmp_path: Path, project: Path, video: Path) -> None:
    before = versioned_files(project)
    assert "already is a project" in refused("new", project, "--video", video)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.txt").write_text("years of work")
    assert "not empty" in refused("new", tmp_path / "full", "--video", video)
    assert "is a file" in refused("new", tmp_path / "full/thesis.txt", "--video", video)
    assert versioned_files(project) == before
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.txt"]


def check_still_readable(project: Path, complaint: str) -> None:
    """The video is not to be used; everything else works and says so."""
    done = run("info", project)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert re.search(complaint, done.stderr)
    assert "2 (player 1, event 1)" in done.stdout
    done = run("info", project, "--json")
    assert re.search(complaint, json.loads(done.stdout)["video"]["problem"])
    out = project.parent / "out.txt"
    done = run("export", project, "-o", out)
    assert done.returncode == 0
    assert re.search(complaint, done.stderr)
    assert len(out.read_text().splitlines()) == 90
    assert json.loads((project / "video.json").read_text())["frame_count"] == 90


def test_a_video_that_is_gone_leaves_annotations_readable(project: Path, video: Path) -> None:
    video.rename(video.with_name("moved.mp4"))
    check_still_readable(project, r'"game\.mp4" is missing.*put it at')


def swapped_videos() -> dict[str, tuple[Callable[[Path], None], str]]:
    def same_size(path: Path) -> None:
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 64] = bytes(64)
        path.write_bytes(data)

    return {
        "another": (
            lambda path: make_video(path, frames=30, size=(320, 192)) and None,
            r"not the video this project was made for: it is [\d,]+ bytes and not [\d,]+",
        ),
        "as large": (same_size, r"not the video .* content differs"),
        "longer": (
            lambda path: path.write_bytes(path.read_bytes() + bytes(10)) and None,
            r"bytes and not",
        ),
        "empty": (lambda path: path.write_bytes(b"") and None, r"it is 0 bytes and not"),
    }


@pytest.mark.parametrize("what", swapped_videos())
def test_another_video_is_refused_with_the_difference(
    project: Path, video: Path, what: str
) -> None:
    swap, complaint = swapped_videos()[what]
    swap(video)
    check_still_readable(project, complaint)


def test_a_touched_video_is_the_same(project: Path, video: Path) -> None:
    os.utime(video, (1, 1))
    done = run("info", project)
    assert (done.returncode, done.stderr) == (0, "")


def test_malformed_files_are_refused_whole(project: Path, tmp_path: Path) -> None:
    (tmp_path / "gt.txt").write_text("1,1,0,0,5,5\n2,1,zero,0,5,5\n")
    (tmp_path / "late.txt").write_text("1,1,0,0,5,5\n91,1,0,0,5,5\n")
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    (tmp_path / "odd.parquet").write_text("a,b\n1,2\n")
    with Project.open(project) as opened:
        before = everything(opened)
    assert "line 2" in refused("import", project, tmp_path / "gt.txt")
    assert "line 2" in refused("import", project, tmp_path / "late.txt")
    assert "lacks the column" in refused("import", project, tmp_path / "odd.csv")
    assert "not a parquet table" in refused("import", project, tmp_path / "odd.parquet")
    assert "is not text" in refused("import", project, tmp_path / "game.mp4", "--format", "mot")
    good = tmp_path / "good.txt"
    good.write_text("1,1,0,0,5,5\n")
    assert 'no class "ghost"' in refused("import", project, good, "--class", "ghost")
    assert "in pixels" in refused("import", project, good, "--reduce", "-1")
    with Project.open(project) as opened:
        assert everything(opened) == before


def test_wrong_use_is_one_line(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    for arguments, complaint in (
        (("export", project, "-o", out, "--frames", "10"), "A:B"),
        (("export", project, "-o", out, "--frames", "a:b"), "A:B"),
        (("export", project, "-o", out, "--frames=-3:5"), "A:B"),
        (("export", project, "-o", out, "--frames", "20:10"), "20:10"),
        (("export", project, "-o", out, "--frames", "0:91"), "0:90"),
        (("export", project, "-o", out, "--format", "xml"), 'no format "xml"'),
        (("export", project, "-o", tmp_path / "out.xyz"), "--format"),
        (("export", project, "-o", tmp_path), "--format"),
        (("export", project, "-o", tmp_path, "--format", "mot"), "is a folder"),
        (("export", project), "-o"),
        (("serve", project, "--port", "99999"), "0 to 65535"),
        (("serve", project, "--port", "x"), "0 to 65535"),
        (("serve", project, "--host", "host.invalid", "--port", "0"), "--host"),
        (("import", project, tmp_path / "game.mp4"), "--format"),
        (("import", project, project), "--format"),
        (("import", project, project, "--format", "mot"), "no file"),
        (("new", tmp_path / "x"), "--video"),
        (("frobnicate",), "frobnicate"),
        (("export", project, "-o", out, "--frames", "\x1b[31m"), "A:B"),
    ):
        assert complaint in refused(*arguments)
    assert not out.exists()


def test_a_port_in_use_is_said(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = refused("serve", project, "--port", port, "--no-browser")
    assert f"Port {port}" in sentence
    assert "in use" in sentence


def test_open_and_demo_need_a_terminal(project: Path) -> None:
    assert "not a terminal" in refused("open", project, "--no-browser")


def test_a_read_only_folder_is_said(project: Path, tmp_path: Path, video: Path) -> None:
    (tmp_path / "gt.txt").write_text("1,1,0,0,5,5\n")
    before = versioned_files(project)
    with disks.read_only(project):
        assert "read-only" in refused("import", project, tmp_path / "gt.txt")
        sentence = refused("export", project, "-o", project / "out.txt")
        assert "Read-only file system" in sentence
        done = run("export", project, "-o", tmp_path / "out.txt")
        assert (done.returncode, done.stderr) == (0, "")
        assert run("info", project).returncode == 0
        assert "Read-only" in refused("new", project / "inner", "--video", video)
    assert versioned_files(project) == before


def test_a_full_disk_is_said(tmp_path: Path, video: Path) -> None:
    with disks.small_disk(tmp_path / "disk", 2000) as disk:
        shutil.copy(video, disk / "game.mp4")
        assert run("new", disk / "match", "--video", disk / "game.mp4").returncode == 0
        noise = random.Random(1)
        rows = [f"{f},{i},{noise.random()},0,5,5\n" for f in range(1, 91) for i in range(1, 90)]
        (tmp_path / "gt.txt").write_text("".join(rows))
        with Project.open(disk / "match") as project:
            project.add_entity("object", name="small")["box"][0] = (1, 2, 3, 4)
        before = versioned_files(disk / "match")
        (disk / "out.txt").write_text("the old export")
        with open(disk / "ballast", "wb") as ballast:
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            ballast.write(bytes(free - (64 << 10)))
        assert "No space left" in refused("import", disk / "match", tmp_path / "gt.txt")
        disks.fill(disk)
        assert "No space left" in refused("new", disk / "other", "--video", video)
        assert "No space left" in refused("export", disk / "match", "-o", disk / "out.txt")
        assert (disk / "out.txt").read_text() == "the old export"
        assert {path.name for path in disk.iterdir()} == {
            "game.mp4",
            "match",
            "out.txt",
            "ballast",
        }
        (disk / "ballast").unlink()
        assert versioned_files(disk / "match") == before
        with Project.open(disk / "match") as project:
            assert [entity.name for entity in project.entities.values()] == ["small"]


HOSTILE = "\x1b[31m[red]<script>\u202e\u2028x"


def test_hostile_names_do_nothing_in_the_output(tmp_path: Path, video: Path) -> None:
    folder = tmp_path / HOSTILE.replace("/", "")
    shutil.move(video, tmp_path / f"{HOSTILE}.mp4".replace("/", ""))
    done = run("new", folder, "--video", tmp_path / f"{HOSTILE}.mp4")
    assert done.returncode == 0, done.stderr
    with Project.open(folder) as project:
        project.add_entity("object", name=HOSTILE)
    outputs = [done.stdout]
    for arguments in (
        ("info", folder),
        ("export", folder, "-o", tmp_path / f"{HOSTILE}.csv"),
        ("import", folder, tmp_path / f"{HOSTILE}.csv"),
        ("info", tmp_path / f"{HOSTILE}.mp4"),
    ):
        done = run(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        outputs.append(done.stdout)
    (tmp_path / "in.csv").write_text(
        f"frame,name,class,box_x,box_y,box_width,box_height\n1,a,{HOSTILE},1,1,1,1\n"
    )
    outputs.append(refused("import", folder, tmp_path / "in.csv"))
    outputs.append(refused("info", tmp_path / f"{HOSTILE}.nowhere"))
    outputs.append(refused("export", folder, "-o", "x", "--format", HOSTILE))
    outputs.append(refused(HOSTILE))
    for output in outputs:
        for character in "\x1b\u202e\u2028":
            assert character not in output


def test_names_that_are_not_unicode(tmp_path: Path, project: Path) -> None:
    """Old archives have such files. They are used where that is possible, else named."""
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")
    try:
        shutil.copy(tmp_path / "game.mp4", f"{odd}.mp4")
    except OSError:
        pytest.skip("this file system takes no such names")
    assert "UTF-8" in refused("new", tmp_path / "other", "--video", f"{odd}.mp4")
    assert not (tmp_path / "other").exists()
    Path(f"{odd}.txt").write_text("1,9,0,0,5,5\n")
    done = run("import", project, f"{odd}.txt")
    assert (done.returncode, done.stderr) == (0, "")
    done = run("export", project, "-o", f"{odd}.csv")
    assert (done.returncode, done.stderr) == (0, "")
    done = run("info", f"{odd}.mp4", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    json.loads(done.stdout)
    shutil.move(project, f"{odd}")
    shutil.copy(tmp_path / "game.mp4", odd)
    done = run("info", odd, "--json")
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)


def test_a_reader_that_has_seen_enough_is_no_error(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "reviewer", "info", str(project), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(30) == 0
