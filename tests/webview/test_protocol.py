"""The binary messages, from Python's side to JavaScript's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from reviewer.webview import protocol

from .conftest import Window

TYPES = [np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64]
ARRAYS = st.lists(
    st.sampled_from(TYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, st.integers(0, 40))  # every length, aligned or not
    ),
    max_size=5,
)
HEADERS = st.dictionaries(st.text(max_size=8), st.integers(-1000, 1000) | st.text(max_size=8))


@given(HEADERS, ARRAYS)
def test_decoding_gives_back_what_was_encoded(header: dict[str, Any], arrays: list[Any]) -> None:
    message = protocol.decode(protocol.encode(protocol.WINDOW, header, arrays), protocol.WINDOW)
    assert message.header == header
    assert len(message.arrays) == len(arrays)
    for found, wanted in zip(message.arrays, arrays, strict=True):
        assert found.dtype == wanted.dtype
        assert found.tobytes() == wanted.tobytes()


@given(ARRAYS)
def test_every_array_is_aligned_for_typed_arrays(arrays: list[Any]) -> None:
    data = protocol.encode(protocol.WINDOW, {"a": 1}, arrays)
    message = protocol.decode(data, protocol.WINDOW)
    start = np.frombuffer(data, np.uint8).__array_interface__["data"][0]
    for array in message.arrays:
        assert (array.__array_interface__["data"][0] - start) % 8 == 0 or array.size == 0
    assert len(data) % 8 == 0


@pytest.mark.parametrize("cut", [0, 3, 15, 16, 40, -1])
def test_a_cut_message_is_noticed(cut: int) -> None:
    data = protocol.encode_times(np.arange(5.0))
    with pytest.raises(ValueError, match=r"message|expected"):
        protocol.decode(data[:cut], protocol.TIMES)


def test_another_message_or_version_is_noticed() -> None:
    data = protocol.encode_times(np.arange(5.0))
    with pytest.raises(ValueError, match="expected"):
        protocol.decode(data, protocol.UNITS)
    with pytest.raises(ValueError, match="expected"):
        protocol.decode(data[:4] + b"\x02" + data[5:], protocol.TIMES)


IN_PAGE = """async (bytes) => {
  const protocol = await import('/static/protocol.js');
  const plain = (value) => {
    if (ArrayBuffer.isView(value)) return [value.constructor.name, Array.from(value, String)];
    if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]));
    return value;
  };
  return Object.fromEntries(Object.entries(bytes).map(([name, data]) => {
    const decoded = protocol[name](new Uint8Array(data).buffer);
    if (ArrayBuffer.isView(decoded)) return [name, plain(decoded)];
    return [name, Object.fromEntries(Object.entries(decoded).map(([k, v]) => [k, plain(v)]))];
  }));
}"""


async def test_the_page_reads_what_the_server_writes(window: Window) -> None:
    boxes = np.array([[1.5, 2.25, 3, 4], [np.nan] * 4, [0.1, -2, 1e9, 7]])
    messages = {
        "decodeTimes": protocol.encode_times(np.array([0, 1 / 3, 1e5])),
        "decodeUnits": protocol.encode_units(np.array([0, 30]), np.array([30, 15])),
        "decodeUnit": protocol.encode_unit(
            np.array([0, -1, 2]), np.array([True, False, False]), np.array([2, 3, 1]), b"abcdef"
        ),
        "decodeWindow": protocol.encode_window(
            revision=9,
            first=40,
            offsets=np.array([0, 1, 3]),
            entity=np.array([7, 0, 7]),
            boxes=boxes,
            presence=np.array([1, 2, 1]),
            columns={"pose": np.array([-1, 300, 0]), "größe": np.array([1, 2, 3])},
        ),
        "decodeOverview": protocol.encode_overview(3, np.array([1, 0]), np.array([0.5, 2])),
    }
    read = await window.page.evaluate(
        IN_PAGE, {name: list(data) for name, data in messages.items()}
    )
    assert read["decodeTimes"][0] == "Float64Array"
    assert [float(v) for v in read["decodeTimes"][1]] == [0, 1 / 3, 1e5]
    assert read["decodeUnits"] == {
        "firstFrame": ["Int32Array", ["0", "30"]],
        "frameCount": ["Int32Array", ["30", "15"]],
    }
    assert read["decodeUnit"] == {
        "frames": ["Int32Array", ["0", "-1", "2"]],
        "keys": ["Uint8Array", ["1", "0", "0"]],
        "sizes": ["Uint32Array", ["2", "3", "1"]],
        "data": ["Uint8Array", [str(b) for b in b"abcdef"]],
    }
    found = read["decodeWindow"]
    assert {k: found[k] for k in ("revision", "first", "frames", "rows", "boxless")} == {
        "revision": 9,
        "first": 40,
        "frames": 2,
        "rows": 3,
        "boxless": True,
    }
    assert found["offsets"] == ["Uint32Array", ["0", "1", "3"]]
    assert found["entity"] == ["Uint32Array", ["7", "0", "7"]]
    assert found["presence"] == ["Uint8Array", ["1", "2", "1"]]
    assert found["columns"] == {
        "pose": ["Int16Array", ["-1", "300", "0"]],
        "größe": ["Int16Array", ["1", "2", "3"]],
    }
    kind, values = found["boxes"]
    assert kind == "Float32Array"
    read_boxes = np.array([float(v) for v in values], np.float32)
    assert read_boxes.tobytes() == boxes.astype(np.float32).tobytes()
    assert read["decodeOverview"]["keyframes"] == ["Uint32Array", ["1", "0"]]


async def test_the_page_refuses_what_is_cut_or_another_message(window: Window) -> None:
    data = protocol.encode_times(np.arange(5.0))
    refuse = """async ([name, data]) => {
      const protocol = await import('/static/protocol.js');
      try { protocol[name](new Uint8Array(data).buffer); } catch (error) { return error.message; }
      return null;
    }"""
    for name, message in [
        ("decodeTimes", data[:-8]),
        ("decodeTimes", data[:10]),
        ("decodeUnits", data),
        ("decodeTimes", data[:4] + b"\x02" + data[5:]),
    ]:
        assert await window.page.evaluate(refuse, [name, list(message)])
