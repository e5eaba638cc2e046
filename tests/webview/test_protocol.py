"""The binary messages, from Python's side to JavaScript's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from reviewer.format.geometry import Shape
from reviewer.webview import protocol, session
from reviewer.webview.protocol import WindowColumn
from reviewer.webview.session import ProjectSession
from reviewer.webview.windows import MAX_TEXT_CHARS

from reviewer import Project

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
        protocol.decode(data[:4] + b"\x07" + data[5:], protocol.TIMES)


IN_PAGE = """async (bytes) => {
  const protocol = await import('/static/protocol.js');
  const plain = (value) => {
    if (ArrayBuffer.isView(value)) return [value.constructor.name, Array.from(value, String)];
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  };
  return Object.fromEntries(Object.entries(bytes).map(([name, data]) => {
    const decoded = protocol[name](new Uint8Array(data).buffer);
    return [name, plain(decoded)];
  }));
}"""


async def test_the_page_reads_what_the_server_writes(window: Window) -> None:
    boxes = np.array([[1.5, 2.25, 3, 4], [0.1, -2, 1e9, 7]], np.float32)
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
            presence=np.array([1, 2, 1]),
            columns=[
                WindowColumn(
                    {"key": "box", "property": "box", "kind": "box", "width": 4},
                    {
                        "rows": np.array([0, 2], np.uint32),
                        "offsets": np.array([0, 1, 2], np.uint32),
                        "values": boxes,
                    },
                ),
                WindowColumn(
                    {"key": "größe", "property": "größe", "kind": "choice"},
                    {"codes": np.array([-1, 300, 0], np.int16)},
                ),
            ],
        ),
        "decodeOverview": protocol.encode_overview(3, np.array([1, 0]), np.array([0.5, 2])),
        "decodeLives": protocol.encode_lives(4, *np.array([[7, 9], [0, 5], [8, 6], [3, 1]])),
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
    assert read["decodeLives"] == {
        "entity": ["Uint32Array", ["7", "9"]],
        "first": ["Uint32Array", ["0", "5"]],
        "stop": ["Uint32Array", ["8", "6"]],
        "keyframes": ["Uint32Array", ["3", "1"]],
    }
    found = read["decodeWindow"]
    size = len(messages["decodeWindow"])
    expected = {"revision": 9, "first": 40, "frames": 2, "rows": 3, "bytes": size}
    assert {k: found[k] for k in expected} == expected
    assert found["offsets"] == ["Uint32Array", ["0", "1", "3"]]
    assert found["entity"] == ["Uint32Array", ["7", "0", "7"]]
    assert found["presence"] == ["Uint8Array", ["1", "2", "1"]]
    (geometry,) = found["geometry"]
    kind, values = geometry.pop("values")
    assert kind == "Float32Array"
    assert np.array([float(v) for v in values], np.float32).tobytes() == boxes.tobytes()
    assert geometry == {
        "key": "box",
        "property": "box",
        "kind": "box",
        "width": 4,
        "rows": ["Uint32Array", ["0", "2"]],
        "offsets": ["Uint32Array", ["0", "1", "2"]],
        "which": None,
    }
    assert found["values"] == [
        {
            "key": "größe",
            "property": "größe",
            "kind": "choice",
            "codes": ["Int16Array", ["-1", "300", "0"]],
        }
    ]
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
        ("decodeTimes", data[:4] + b"\x07" + data[5:]),
    ]:
        assert await window.page.evaluate(refuse, [name, list(message)])


def columns_of(body: bytes) -> dict[str, Any]:
    """Headers of a window's columns, each with its arrays, by key."""
    message = protocol.decode(body, protocol.WINDOW)
    arrays = iter(message.arrays[3:])
    found = {}
    for header in message.header["columns"]:
        found[header["key"]] = header | {name: next(arrays) for name in header["arrays"]}
    return found


def test_only_what_is_in_the_window_is_sent(all_kinds_project: Project) -> None:
    view = ProjectSession(all_kinds_project)
    assert "state" not in columns_of(view.window(0, 2))
    found = columns_of(view.window(2, 3))
    assert found["state"]["codes"].max() == 0
    assert "boxes" not in found["box"]
    assert len(found["box"]["rows"]) == 2  # of the two entities that have one


def test_a_shape_that_holds_is_sent_once(all_kinds_project: Project) -> None:
    masks = columns_of(ProjectSession(all_kinds_project).window(50, 90))["mask"]
    assert len(masks["boxes"]) == 4 * 2
    assert len(masks["which"]) == 2 * 40


def test_a_window_is_cut_where_frames_are_heavy(
    all_kinds_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = ProjectSession(all_kinds_project)
    whole = view.window(0, 90)
    limit = len(whole) // 3
    monkeypatch.setattr(session, "MAX_WINDOW_BYTES", limit)
    for many_rows in (session._MANY_ROWS, 1):
        monkeypatch.setattr(session, "_MANY_ROWS", many_rows)
        cut = view.window(0, 90)
        assert len(cut) <= limit
        assert 10 < protocol.decode(cut, protocol.WINDOW).header["frames"] < 45
    monkeypatch.setattr(session, "MAX_WINDOW_BYTES", 1)
    assert protocol.decode(view.window(7, 90), protocol.WINDOW).header["frames"] == 1


def test_long_texts_are_cut_and_said_to_be(all_kinds_project: Project) -> None:
    project = all_kinds_project
    entity = next(iter(project.entities.values()))
    entity["note"][0] = "x" * 100_000
    note = columns_of(ProjectSession(project).window(0, 1))["note"]
    assert note["texts"] == ["", "x" * MAX_TEXT_CHARS]
    assert note["cut"] == [1]


def test_paths_of_a_window_are_the_engines(all_kinds_project: Project) -> None:
    project = all_kinds_project
    column = columns_of(ProjectSession(project).window(0, 60))["polygon"]
    table = project.evaluate(0, 60)
    wanted: list[Shape] = [shape for shape in table.values["polygon"][:, 0] if shape is not None]
    assert len(wanted) == len(column["which"])
    points = column["values"].reshape(-1, 2)
    for shape, number in zip(wanted, column["which"], strict=True):
        parts = column["parts"][number : number + 2]
        rings = column["rings"][parts[0] : parts[1] + 1]
        vertices = column["vertices"][rings[0] : rings[-1] + 1]
        assert np.array_equal(rings - rings[0], shape.part_offsets)
        assert np.array_equal(vertices - vertices[0], shape.ring_offsets)
        mine = points[vertices[0] : vertices[-1]]
        assert np.array_equal(mine, shape.points.astype(np.float32))
