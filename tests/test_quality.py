"""The code's own rules: lint, layout and types, and which room may import which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy", "--strict", "format"],
    ],
    ids=" ".join,
)
def test_tools_find_nothing(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def imported_rooms(path: Path) -> set[str]:
    """The rooms (reviewer, webview) a module of format/ names in an import."""
    found = set()
    depth = len(path.relative_to(ROOT).parts) - 1
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(("." * node.level) + (node.module or ""))
            if node.level > depth:
                found.add("reviewer (relative)")
    return {name for name in found if name.startswith(("reviewer", "webview"))}


def test_format_imports_no_screen() -> None:
    modules = sorted((ROOT / "format").rglob("*.py"))
    assert len(modules) > 20
    assert {str(path): rooms for path in modules if (rooms := imported_rooms(path))} == {}


def test_only_the_engine_knows_what_lies_between_keyframes() -> None:
    """No JavaScript of ours computes with neighbouring keyframes' values."""
    pages = [p for p in (ROOT / "webview/static").rglob("*.js") if "vendor" not in p.parts]
    assert len(pages) > 5
    for page in pages:
        text = page.read_text(encoding="utf-8").lower()
        assert "interpolat" not in text.replace("interpolated by the engine", ""), page
        assert "lerp" not in text, page
