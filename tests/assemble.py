"""Makes ``pixels.wasm`` of the files in ``pixels/``, which are one module.

Run after a change of these: python -m tests.assemble
"""

from __future__ import annotations

from pathlib import Path

from wasmtime import wat2wasm

SOURCES = Path(__file__).resolve().parents[1] / "webview/static/painter/software/pixels"


def assemble() -> bytes:
    """What ``pixels.wasm`` is to hold. Raises WasmtimeError with a line of the files joined in the
    order of their names, behind one line more."""
    parts = [path.read_text() for path in sorted(SOURCES.glob("*.wat"))]
    return bytes(wat2wasm("\n".join(["(module", *parts, ")"])))


if __name__ == "__main__":
    SOURCES.with_suffix(".wasm").write_bytes(assemble())
