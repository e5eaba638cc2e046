"""What the timeline is made of: columns of all entities, held to what each entity says itself."""

from __future__ import annotations

import aiohttp
import numpy as np
import orjson
import pytest
from reviewer.format.errors import EditError
from reviewer.webview import protocol
from reviewer.webview.timelines import Timelines

from reviewer import Project

from .conftest import Site


@pytest.fixture
def busy(project: Project) -> Project:
    """Entities that come, hide, go and return, some deleted, some made after the tables were."""
    random = np.random.default_rng(3)
    for i in range(40):
        start = int(random.integers(0, 80))
        entity = project.add_entity("player", f"p{i}", frame=start)
        for frame in random.choice(90, 6, replace=False):
            entity["box"][int(frame)] = (1, 2, 3, 4)
        for frame in random.integers(start, 90, 4):
            entity["presence"][int(frame)] = str(random.choice(["present", "occluded", "absent"]))
    for i in (3, 17, 39):
        project.entity(f"p{i}").delete()
    return project


def said_one_by_one(project: Project) -> list[tuple[int, int, int, str]]:
    return [
        (project.number(entity.id), *span)
        for entity in project.entities.values()
        for span in entity["presence"].spans()
        if span[2] != "absent"
    ]


def test_spans_of_all_are_those_of_each(busy: Project) -> None:
    spans = busy.spans()
    names = np.array(["absent", "present", "occluded"])[spans.presence]
    columns = zip(
        spans.entity.tolist(), spans.start.tolist(), spans.stop.tolist(), names.tolist(),
        strict=True,
    )  # fmt: skip
    assert list(columns) == said_one_by_one(busy)
    ids = list(busy.entities)[5:9][::-1]
    some = busy.spans(20, 50, ids)
    assert set(some.entity.tolist()) <= {busy.number(entity) for entity in ids}
    assert some.start.min() >= 20
    assert some.stop.max() <= 50
    with pytest.raises(EditError, match="not within"):
        busy.spans(0, 91)


def test_lives_reach_from_the_first_to_the_last_frame(busy: Project) -> None:
    lives = busy.lives()
    assert lives.entity.tolist() == [busy.number(entity) for entity in busy.entities]
    for i, entity in enumerate(busy.entities.values()):
        there = [span for span in entity["presence"].spans() if span[2] != "absent"]
        wanted = (there[0][0], there[-1][1]) if there else (0, 0)
        assert (lives.first[i], lives.stop[i]) == wanted
        assert lives.keyframes[i] == len(entity["box"]) + len(entity["presence"])


@pytest.mark.parametrize("bins", [1, 7, 90, 500])
def test_density_counts_each_keyframe_and_each_entity_once(busy: Project, bins: int) -> None:
    keyframes, present = busy.density(bins)
    size = min(bins, 90)
    assert len(keyframes) == len(present) == size
    frames = np.concatenate(
        [e[name].keyframes for e in busy.entities.values() for name in ("box", "presence")]
    )
    assert keyframes.tolist() == np.bincount(frames * size // 90, minlength=size).tolist()
    there = np.zeros(90)
    for _, start, stop, _ in said_one_by_one(busy):
        there[start:stop] += 1
    of_bin = np.arange(90) * size // 90
    means = np.bincount(of_bin, there, size) / np.bincount(of_bin, minlength=size)
    assert np.allclose(present, means)


def test_density_follows_edits_of_packed_tables(busy: Project) -> None:
    busy.flush()
    path = busy.path
    busy.close()
    with Project.open(path, author="Ada") as again:  # the tables are packed now
        before = again.density(90)[0]
        entity = again.entity("p5")
        free = next(frame for frame in range(90) if frame not in entity["box"].keyframes)
        entity["box"][free] = (1, 2, 3, 4)
        again.entity("p6").delete()
        gone = np.zeros(90, np.int64)
        # What the deleted one had is counted no more; its keyframes are stored still.
        for name in ("box", "presence"):
            kind = again.property_kind(next(iter(again.entities)), name)
            deleted = next(i for i in (again.id_of(n) for n in range(40)) if _named(again, i, "p6"))
            np.add.at(gone, again.keyframes(deleted, name, kind).frames, 1)
        after = before - gone
        after[free] += 1
        assert again.density(90)[0].tolist() == after.tolist()


def _named(project: Project, entity_id: str, name: str) -> bool:
    return project.attributes(entity_id).name == name


def test_lanes_are_cut_to_what_was_asked_for(busy: Project) -> None:
    timelines = Timelines(busy)
    numbers = [busy.number(e.id) for e in list(busy.entities.values())[:10]][::-1]
    deleted = next(n for n in range(40) if _named(busy, busy.id_of(n), "p3"))
    message = protocol.decode(
        timelines.lanes(10, 60, 2048, [*numbers, numbers[0], deleted]), protocol.LANES
    )
    entity, spans, starts, stops, presence, offsets, marks = message.arrays
    assert entity.tolist() == numbers
    for i, number in enumerate(numbers):
        one = busy.entity(busy.id_of(number))
        part = slice(spans[i], spans[i + 1])
        names = ["absent", "present", "occluded"]
        found = [
            (int(start), int(stop), names[code])
            for start, stop, code in zip(starts[part], stops[part], presence[part], strict=True)
        ]
        wanted = [
            (max(10, start), min(60, stop), value)
            for start, stop, value in one["presence"].spans(10, 60)
            if value != "absent"
        ]
        assert found == wanted
        inside = one.keyframes[(one.keyframes >= 10) & (one.keyframes < 60)]
        assert marks[offsets[i] : offsets[i + 1]].tolist() == inside.tolist()


def test_marks_are_bounded_by_the_pixels_there_are(project: Project) -> None:
    entity = project.add_entity("player", "dense", frame=0)
    for frame in range(90):
        entity["box"][frame] = (frame, 2, 3, 4)
    message = protocol.decode(
        Timelines(project).lanes(0, 90, 9, [project.number(entity.id)]), protocol.LANES
    )
    assert message.arrays[-1].tolist() == list(range(0, 90, 10))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("first=0&stop=90&entities=" + ",".join("0" for _ in range(400)), 200),
        ("first=0&stop=90&bins=9999999&entities=0", 200),
        ("first=0&stop=9999999&entities=0", 200),
        ("first=90&stop=95&entities=0", 404),
        ("first=5&stop=5&entities=0", 404),
        ("first=0&stop=90&entities=77", 404),
        ("first=0&stop=90&entities=0,x", 400),
        ("first=0&stop=90&entities=-1", 400),
        ("first=0&stop=90&bins=1e9&entities=0", 400),
        ("stop=90&entities=0", 400),
        ("first=0&stop=90", 200),
    ],
)
async def test_lanes_are_bounded_whatever_is_asked_for(site: Site, query: str, status: int) -> None:
    site.project.add_entity("player", frame=0)
    url = f"{site.server.address}/api/0/lanes?{query}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=site.bearer) as response,
    ):
        assert response.status == status
        body = await response.read()
    assert len(body) < 20_000
    if status != 200:
        assert set(orjson.loads(body)) == {"error"}
