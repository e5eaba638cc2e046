"""What people install: the wheel works away from the checkout and has the page and the demo."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution of a clean copy of the checkout."""
    source = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    out = tmp_path_factory.mktemp("dist")
    for what in ("wheel", "sdist"):
        build = f"from setuptools import build_meta as b; import sys; b.build_{what}(sys.argv[1])"
        command = [sys.executable, "-c", build, str(out)]
        subprocess.run(command, cwd=source, check=True, capture_output=True)
    return out


def page_files() -> list[str]:
    static = ROOT / "webview" / "static"
    return [f"webview/static/{p.relative_to(static).as_posix()}" for p in static.rglob("*.*")]


def test_wheel_has_the_page_the_demo_and_the_specification(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"reviewer/{name}" for name in page_files()} <= names
    for name in ("demo/cars.mp4", "demo/tracks.json", "demo/CREDITS.md", "format/FORMAT.md"):
        assert f"reviewer/{name}" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"reviewer"}


def test_sdist_has_them_too(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert set(page_files()) <= names
    assert {"reviewer/demo/cars.mp4", "format/FORMAT.md", "LICENSE", "tests/run.py"} <= names


def test_installed_wheel_makes_and_serves_the_demo(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    target = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(target)
    script = """
import sys, urllib.request, pathlib, reviewer, reviewer.webview, reviewer.format
site = pathlib.Path(sys.argv[1])
for module in (reviewer, reviewer.webview, reviewer.format):
    assert pathlib.Path(module.__file__).is_relative_to(site), module.__file__
from reviewer.demo import make_demo
from reviewer.webview.server import Server
make_demo(pathlib.Path(sys.argv[2]))
with reviewer.Project.open(sys.argv[2]) as project:
    assert len(project.entities) > 2 and project.video[100].shape == (432, 768, 3)
    server = Server([project])
    address = server.start().partition("#")[0]
    page = urllib.request.urlopen(address).read().decode()
    code = urllib.request.urlopen(address + "static/app.js").read()
    server.stop()
    print(len(page), len(code))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(target), str(tmp_path / "demo")],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(target), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(int(number) > 500 for number in done.stdout.split())
