"""Makes ``pixels.wasm`` of ``pixels.wat``.

Run after a change of the latter: python -m tests.assemble
"""

from __future__ import annotations

from pathlib import Path

from wasmtime import wat2wasm

SOURCE = Path(__file__).resolve().parents[1] / "webview/static/painter/software/pixels.wat"


def assemble() -> bytes:
    """What ``pixels.wasm`` is to hold. Raises WasmtimeError with the line of a mistake."""
    return bytes(wat2wasm(SOURCE.read_text()))


if __name__ == "__main__":
    SOURCE.with_suffix(".wasm").write_bytes(assemble())
