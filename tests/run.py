"""Set up everything and run the tests: `python3 tests/run.py [pytest options]`.

Needs only Python 3.11 and git. Makes `.venv` beside this checkout's `pyproject.toml`, installs the
project with its test tools, finds a browser or installs one, then runs pytest. With `--full` the
long campaigns (kills, chaos) run at full length.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
# Real terminals starve when a browser is driven beside them, and give no answer in time.
ALONE = "tests/reviewer/test_tui_terminal.py"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def main() -> int:
    """Returns pytest's exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036  an older one may be what python3 is here
        print(f"Reviewer needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        return 2
    python = make_environment()
    install_system_tools()
    if find_browser() is None:
        run([python, "-m", "playwright", "install", "chromium"], check=False)
    os.chdir(ROOT)
    # Hundreds of programs are started by the tests: none is to compile everything anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    given = sys.argv[1:]
    if any(not option.startswith("-") for option in given):  # some tests, not all
        return run([python, "-m", "pytest", *given], check=False)
    together = [*side_by_side(), f"--ignore={ALONE}"]
    codes = [
        run([python, "-m", "pytest", *more, *given], check=False) for more in (together, [ALONE])
    ]
    return max(codes)


def side_by_side() -> list[str]:
    """Options to run the files of tests on every core, in as many processes (at most 4)."""
    workers = min(os.cpu_count() or 1, 4)
    return ["-n", str(workers), "--dist", "loadfile"] if workers > 1 else []


def make_environment() -> str:
    """The Python of an environment that has the project and its test tools."""
    folder = "Scripts" if os.name == "nt" else "bin"
    python = ENVIRONMENT / folder / ("python.exe" if os.name == "nt" else "python")
    if not python.exists():
        print(f"Making {ENVIRONMENT}", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
    quiet = ["--quiet", "--disable-pip-version-check"]
    run([str(python), "-m", "pip", "install", *quiet, "--editable", f"{ROOT}[test]"])
    return str(python)


def find_browser() -> str | None:
    """A Chromium that is installed, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def install_system_tools() -> None:
    """Chromium for the page's tests and tmux for the terminal's, where apt and root are there."""
    wanted = []
    if find_browser() is None:
        wanted.append("chromium")
    if shutil.which("tmux") is None:
        wanted.append("tmux")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not wanted or not root or shutil.which("apt-get") is None:
        return
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], check=False, env=settings)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted]
    run(install, check=False, env=settings, stdout=subprocess.DEVNULL)


def run(command: list[str], *, check: bool = True, **options: object) -> int:
    """Run a command; its exit code, or the end of this program when it must not fail."""
    code = subprocess.run(command, check=False, **options).returncode  # type: ignore[call-overload]
    if check and code:
        print(f"This failed: {' '.join(command)}", file=sys.stderr)
        raise SystemExit(code)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
