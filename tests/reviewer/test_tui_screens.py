"""The screens that the cockpit opens, driven by keys alone: timelines, entities, ontology."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from reviewer.format import Project
from reviewer.format.geometry import Shape
from textual.command import CommandList, CommandPalette
from textual.widgets import Input

from reviewer.app import ReviewerApp
from reviewer.screens.dialogs import Menu, Picker, Preview, Prompt
from reviewer.screens.help import HelpText
from reviewer.screens.keys import Key
from reviewer.screens.manager import Manager
from reviewer.screens.moving import event_places
from reviewer.screens.ontology import OntologyEditor
from reviewer.screens.plan import plan
from reviewer.screens.registry import SCREENS, load
from reviewer.screens.timelines import Timelines
from tests.reviewer.driving import cockpit, press, send, settle, text_of, turn, until
from tests.videos import make_video

FRAMES = 90
HOSTILE = "[red]bold[/red] \x1b]0;owned\x07\x1b[31m\nnew line \u202egnp.exe"
ONTOLOGY = {
    "classes": [
        {
            "name": "player",
            "color": "#e6194b",
            "geometry": ["box", "points"],
            "skeleton": {"points": ["head", "hip"], "edges": [["head", "hip"]]},
            "properties": [
                {"name": "team", "kind": "choice", "choices": ["home", "away"]},
                {"name": "state", "kind": "choice", "time_varying": True,
                 "choices": ["skating", "fallen"]},
                {"name": "speed", "kind": "number", "time_varying": True, "range": [0, 60]},
                {"name": "note", "kind": "text"},
                {"name": "hurt", "kind": "boolean", "time_varying": True},
                {"name": "roles", "kind": "choices", "choices": ["captain", "goalie"]},
                {"name": "mate", "kind": "entity", "classes": ["player"]},
            ],
        },
        {"name": "zone", "color": "#8fd14f", "geometry": ["polygon"]},
        {"name": "shot", "event": True},
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("screens") / "game.mp4"
    make_video(path, frames=FRAMES, size=(640, 360), gop=30)
    return path


@pytest.fixture
def project(tmp_path: Path, video: Path):
    shutil.copy(video, tmp_path / "game.mp4")
    made = Project.create(tmp_path / "hockey", tmp_path / "game.mp4", ONTOLOGY, author="robin")
    with made:
        for number in range(3):
            entity = made.add_entity("player", frame=10 * number)
            entity["box"][10 * number] = (100 + 50 * number, 60, 40, 90)
            entity["box"][60] = (200 + 50 * number, 160, 40, 90)
        made.entity("player_2")["mate"] = made.entity("player_1").id
        zone = made.add_entity("zone")
        zone["polygon"][0] = Shape.polygon([[[10, 10], [90, 10], [50, 80]]])
        made.add_event("shot", 20, 40)
        made.add_event("shot", 50, 70)
        yield made


def names(project: Project) -> list[str]:
    return [entity.name for entity in project.entities.values()]


async def choose(pilot, screen, label: str) -> None:
    """Pick the line of the open menu that begins with `label`."""
    menu = pilot.app.screen
    assert isinstance(menu, Menu), menu
    labels = [item.label for item in menu.list.items]
    place = next(n for n, text in enumerate(labels) if text.startswith(label))
    await send(pilot, *["down"] * (place - menu.list.cursor), "enter")


# -- every screen -----------------------------------------------------------------------------


def test_each_screens_keys_are_its_own_and_can_be_done():
    for entry in SCREENS:
        screen = load(entry.where)
        keys: list[Key] = list(screen.KEYS)
        used = [name for key in keys for name in key.keys.split(",")]
        assert len(used) == len(set(used)), entry.name
        for key in keys:
            action = key.action.partition("(")[0].removeprefix("app.")
            owner = ReviewerApp if key.action.startswith("app.") else screen
            assert hasattr(owner, f"action_{action}"), key.action


@pytest.mark.parametrize("key", ["T", "E", "O"])
@pytest.mark.parametrize("size", [(80, 24), (200, 60), (20, 5)])
async def test_every_screen_opens_at_any_size_says_its_keys_and_goes_back(project, key, size):
    for entity in list(project.entities.values()):
        entity.rename(HOSTILE)
    async with cockpit(project, size) as (screen, pilot):
        await press(pilot, screen, key)
        top = pilot.app.screen
        assert top is not screen
        for strip in top._compositor.render_strips():
            for segment in strip:
                assert segment.text.isprintable() or not segment.text, repr(segment.text)
        if size >= (80, 24):
            assert "Esc back" in text_of(pilot)
            assert top.TITLE_TEXT in text_of(pilot)
        await press(pilot, screen, "question_mark")
        rows = pilot.app.screen.query_one(HelpText).rows
        listed = {entry.action for row in rows for entry in row if isinstance(entry, Key)}
        assert listed == {entry.action for entry in top.KEYS}
        await press(pilot, screen, "escape")
        await pilot.resize_terminal(60, 20)
        await press(pilot, screen, "down", "escape")
        assert pilot.app.screen is screen


# -- timelines --------------------------------------------------------------------------------


async def test_timelines_list_sort_filter_and_move(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "T")
        top = pilot.app.screen
        assert isinstance(top, Timelines)
        assert [row.name for row in top.rows] == names(project)
        await press(pilot, screen, "down")
        assert screen.selected == project.entity("player_2").id
        await press(pilot, screen, "right_square_bracket")  # its keyframes are 10 and 60
        assert screen.frame == 10
        assert "frame 10" in text_of(pilot)
        await press(pilot, screen, "S", "4")  # by first frame
        firsts = [project.entity(row.id)["presence"].keyframes[0] for row in top.rows]
        assert firsts == sorted(firsts)
        await press(pilot, screen, "slash", *"shot", "enter")
        assert [row.name for row in top.rows] == ["shot_1", "shot_2"]
        await press(pilot, screen, "escape", "s")  # only what is in frame 10
        assert {row.name for row in top.rows} == {"player_1", "player_2", "zone_1"}
        await press(pilot, screen, "s", "e")
        assert [row.name for row in top.rows] == ["shot_1", "shot_2"]
        await press(pilot, screen, "right_curly_bracket")
        assert screen.frame == 20
        await press(pilot, screen, "down", "enter")
        assert pilot.app.screen is screen
        assert screen.selected == project.entity("shot_2").id


async def test_timelines_show_what_is_stored(project):
    async with cockpit(project, (120, 30)) as (screen, pilot):
        await press(pilot, screen, "T")
        lines = pilot.app.screen.lines
        track = lines.tracks[[row.name for row in pilot.app.screen.rows].index("shot_1")]
        assert (track.starts.tolist(), track.stops.tolist()) == ([20], [40])
        columns = lines.columns()
        strip = lines.render_line(1 + [row.name for row in pilot.app.screen.rows].index("shot_1"))
        backs = [seg.style.bgcolor for seg in strip for _ in seg.text][lines.label_cells :]
        inside = [n for n in range(columns.width) if backs[n] != backs[-1]]
        assert abs(inside[0] - columns.of(20)) <= 1
        assert abs(inside[-1] + 1 - columns.of(40)) <= 1
        # another property in the rows, and an edit by somebody else
        await asyncio.to_thread(project.entity("player_1")["state"].__setitem__, 30, "fallen")
        await send(pilot, "v")
        await choose(pilot, screen, "State")
        await settle(pilot, screen)
        await until(pilot, lambda: "Fallen" in text_of(pilot))


async def test_ten_thousand_timelines_make_only_the_rows_in_sight(project):
    with project.transaction("Many"):
        for number in range(400):
            project.add_entity("player", f"more {number}", frame=number % FRAMES)
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "T")
        top = pilot.app.screen
        made = []
        make = top.lines.tracks._make
        top.lines.tracks._make = lambda one: made.append(one) or make(one)
        await press(pilot, screen, *["pagedown"] * 3)
        assert 0 < len(made) <= 4 * top.lines.size.height
        assert f"more {top.lines.cursor - 6}" in text_of(pilot)


async def test_findings_and_reviews_have_lanes_of_their_own(project, monkeypatch):
    class Finding:
        code, severity, title = "missing-frames", "error", "Frames are missing"
        frames = ((10, 40), (60, 61))

    class Findings:
        items = (Finding,)

    project.reviews.open("look here", frames=(30, 50))
    monkeypatch.setattr(project, "findings", lambda: Findings)
    async with cockpit(project, (120, 30)) as (screen, pilot):
        await press(pilot, screen, "T")
        lanes = pilot.app.screen.lines.lanes
        assert [lane.label for lane in lanes] == ["Video", "Review"]
        assert lanes[0].starts.tolist() == [10, 60]
        assert lanes[1].starts.tolist() == [30]
        assert "missing-frames"[:5] in text_of(pilot)
        assert "look here" in text_of(pilot)
        await press(pilot, screen, "right_parenthesis")
        assert screen.frame == 10
        await press(pilot, screen, "right_parenthesis")
        assert screen.frame == 60
        assert "Frames are missing" in text_of(pilot)
        await press(pilot, screen, "left_parenthesis")
        assert screen.frame == 10


def test_event_places_are_where_events_begin_and_end(project):
    from reviewer.screens.desk import Desk

    places = event_places(Desk(project))
    assert [place.frame for place in places] == [20, 40, 50, 70]


# -- entities ---------------------------------------------------------------------------------


async def test_every_operation_by_keys(project):
    async with cockpit(project, (120, 40)) as (screen, pilot):
        await press(pilot, screen, "g", "3", "0", "enter", "E")
        top = pilot.app.screen
        assert isinstance(top, Manager)
        await press(pilot, screen, "r", *"ace", "enter")
        assert project.entity("ace").id == top.sheet.current.id
        # split: a preview, then two
        await send(pilot, "x")
        assert isinstance(pilot.app.screen, Preview)
        assert "ace (2): new player" in text_of(pilot)
        assert "ace (2)" not in names(project)  # looking changes nothing
        await press(pilot, screen, "enter")
        assert "ace (2)" in names(project)
        assert project.entity("ace")["presence"].at(30) == "absent"
        # join them again: mark both
        await press(pilot, screen, "slash", *"ace", "enter", "home", "space", "space", "J", "1")
        assert isinstance(pilot.app.screen, Preview)
        await press(pilot, screen, "y")
        assert "ace (2)" not in names(project)
        assert project.entity("ace")["presence"].at(30) == "present"
        # trim, shift, copy
        await press(pilot, screen, "t", "ctrl+u", *"10:50", "enter", "enter")
        assert project.entity("ace")["presence"].spans()[0][:2] == (10, 50)
        await press(pilot, screen, "f", *"5", "enter", "enter")
        assert project.entity("ace")["presence"].spans()[0][:2] == (15, 55)
        await press(pilot, screen, "C")
        assert "ace (copy)" in names(project)
        # merge the copy into the original
        await press(pilot, screen, "asterisk", "m", "1", "enter")
        assert "ace (copy)" not in names(project)
        for _ in range(7):
            await press(pilot, screen, "u")
        assert names(project)[:3] == ["player_1", "player_2", "player_3"]


async def test_bulk_edits_show_what_will_change_and_then_do_it(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "E", "slash", *"player", "enter", "asterisk")
        assert "3 marked" in text_of(pilot)
        before = project.revision
        await send(pilot, "e")
        await choose(pilot, screen, "Team")
        await choose(pilot, screen, "Away")
        assert isinstance(pilot.app.screen, Preview)
        assert "player_3: team — → away" in text_of(pilot)
        await press(pilot, screen, "escape")
        assert project.revision == before
        assert project.entity("player_3")["team"].value is None
        await send(pilot, "e")
        await choose(pilot, screen, "Team")
        await choose(pilot, screen, "Away")
        await press(pilot, screen, "enter")
        assert project.revision == before + 1  # one edit, one undo
        assert {project.entity(f"player_{n}")["team"].value for n in (1, 2, 3)} == {"away"}
        await press(pilot, screen, "asterisk", "r", "ctrl+u", *"p#", "enter", "enter")
        assert names(project)[:3] == ["p1", "p2", "p3"]
        await press(pilot, screen, "u", "u")
        assert names(project)[:3] == ["player_1", "player_2", "player_3"]


async def test_deleting_lists_who_refers_to_it(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "E", "D")
        assert isinstance(pilot.app.screen, Preview)
        assert "A property refers to what would be deleted" in text_of(pilot)
        assert "player_2: mate refers to it" in text_of(pilot)
        await press(pilot, screen, "enter")
        assert "player_1" not in names(project)
        assert project.entity("player_2")["mate"].value in (None, "none")
        await press(pilot, screen, "u")
        assert project.entity("player_2")["mate"].value == project.entity("player_1").id


async def test_what_cannot_be_done_is_said_before(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "E", "x")  # at frame 0 there is nothing before
        assert "nothing to cut" in " ".join(text_of(pilot).split())
        await press(pilot, screen, "enter")  # there is nothing to agree to
        assert isinstance(pilot.app.screen, Preview)
        await press(pilot, screen, "escape", "m")
        assert "mark two entities first" in text_of(pilot)
        before = project.revision
        await press(pilot, screen, "escape")
        assert project.revision == before


def test_a_plan_leaves_nothing_behind(project):
    before = project.revision, names(project), project.undo_label
    heard = []
    stop = project.subscribe(heard.append)

    def change():
        project.add_entity("player", "new one")["box"][3] = (1, 2, 3, 4)
        project.entity("player_1").delete()

    found = plan(project, "Try", change)
    stop()
    assert found.lines == [
        "new one: new player", "player_1: removed",
        "new one: presence, 1 new keyframe at frame 0",
        "new one: box, 1 new keyframe at frame 3",
    ]  # fmt: skip
    assert (project.revision, names(project), project.undo_label) == before
    assert not heard
    with Project.open(project.path) as again:
        assert names(again) == before[1]


# -- values of every kind ---------------------------------------------------------------------


async def test_values_of_every_kind_are_set_by_keys(project):
    async with cockpit(project) as (screen, pilot):
        player = project.entity("player_1")

        async def edit(label: str) -> None:
            await send(pilot, "e")
            await choose(pilot, screen, label)

        await edit("Speed")
        assert isinstance(pilot.app.screen, Prompt)
        await send(pilot, *"99")
        await turn(pilot)
        assert "0" in text_of(pilot)
        await press(pilot, screen, "enter")  # outside the range: refused, what was typed stays
        assert isinstance(pilot.app.screen, Prompt)
        await press(pilot, screen, "backspace", "enter")
        assert player["speed"].at(0) == 9
        await edit("Note")
        await press(pilot, screen, *"hi there", "enter")
        assert player["note"].value == "hi there"
        await edit("Hurt")
        await press(pilot, screen, "y")
        assert player["hurt"].at(5) is True
        await edit("Roles")
        assert isinstance(pilot.app.screen, Picker)
        await press(pilot, screen, "tab", "tab", "enter")
        assert set(player["roles"].value) == {"captain", "goalie"}
        await edit("Mate")
        await press(pilot, screen, *"er_3", "enter")
        assert player["mate"].value == project.entity("player_3").id
        assert "player_3" in [row.value for row in screen.properties.rows]


# -- the ontology -----------------------------------------------------------------------------


async def to_row(pilot, screen, label: str, kind: str) -> None:
    top = pilot.app.screen
    place = next(n for n, row in enumerate(top.list.rows) if (row.label, row.kind) == (label, kind))
    await send(pilot, "home", *["down"] * place)


async def test_the_ontology_is_edited_by_keys_with_live_effect(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "O")
        top = pilot.app.screen
        assert isinstance(top, OntologyEditor)
        await press(pilot, screen, "r", "ctrl+u", *"Skater", "enter")
        assert project.ontology.classes["player"].label == "Skater"
        await press(pilot, screen, "c", "ctrl+u", *"#00ff00", "enter")
        assert project.ontology.classes["player"].color == "#00ff00"
        await press(pilot, screen, "h", *"9", "enter")
        assert project.ontology.classes["player"].hotkey == "9"
        assert "Skater" in text_of(pilot)
        # a class, a property with choices, a choice
        await press(pilot, screen, "n", "c", *"puck", "enter")
        assert "puck" in project.ontology.classes
        await to_row(pilot, screen, "Puck", "class")
        await send(pilot, "n", "p", *"side", "enter")
        await choose(pilot, screen, "choice, over time")
        await press(pilot, screen, *"left, right", "enter")
        side = project.ontology.classes["puck"].properties["side"]
        assert [choice.name for choice in side.choices] == ["left", "right"]
        assert side.time_varying
        await to_row(pilot, screen, "Side", "property")
        await press(pilot, screen, "n", "o", *"middle", "enter")
        await press(pilot, screen, "enter", "q")
        side = project.ontology.classes["puck"].properties["side"]
        assert [choice.code for choice in side.choices] == [0, 1, 2]
        assert side.required
        # skeleton
        await to_row(pilot, screen, "Skeleton", "skeleton")
        await press(pilot, screen, "enter", "p", "ctrl+u", *"head hip knee", "enter")
        await press(pilot, screen, "ctrl+u", *"head-hip hip-knee", "enter")
        await until(pilot, lambda: pilot.app.screen is top or text_of(pilot))
        # the stored keyframes fit two points: three would be another kind
        await press(pilot, screen, "escape", "escape")
        for _ in range(6):
            await press(pilot, screen, "u")
    assert "puck" not in project.ontology.classes


async def test_a_condition_and_an_order(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "O")
        await to_row(pilot, screen, "Speed", "property")
        await send(pilot, "w")
        await choose(pilot, screen, "only when State")
        await press(pilot, screen, "tab", "enter")
        when = project.ontology.classes["player"].properties["speed"].when
        assert (when.property, when.values) == ("state", ("skating",))
        assert "only when state is skating" in text_of(pilot)
        await press(pilot, screen, "K")
        own = [one.name for one in project.ontology.classes["player"].own]
        assert own[:3] == ["team", "speed", "state"]
        await to_row(pilot, screen, "Fallen", "choice")
        await press(pilot, screen, "K")
        choices = project.ontology.classes["player"].properties["state"].choices
        assert [one.name for one in choices] == ["fallen", "skating"]


async def test_what_a_removal_would_cost_is_shown_first(project):
    project.entity("player_1")["state"][10] = "fallen"
    project.entity("player_2")["state"][20] = "fallen"
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "O")
        await to_row(pilot, screen, "Fallen", "choice")
        await press(pilot, screen, "D")
        shown = " ".join(text_of(pilot).split())
        assert "2 entities would lose 2 keyframes" in shown
        await press(pilot, screen, "escape")
        assert "fallen" in project.ontology.classes["player"].properties["state"].by_name
        await press(pilot, screen, "m")  # instead: make them skating
        await choose(pilot, screen, "Skating")
        await settle(pilot, screen)
        if isinstance(pilot.app.screen, Preview):
            await press(pilot, screen, "enter")
        assert project.entity("player_1")["state"].at(10) == "skating"
        await press(pilot, screen, "home", "D")  # a class that others refer to, with entities
        await press(pilot, screen, "escape")
        assert len(names(project)) == 6
        await to_row(pilot, screen, "Zone", "class")
        await press(pilot, screen, "D")
        assert "as a whole" in " ".join(text_of(pilot).split())
        await press(pilot, screen, "enter")
        assert "zone" not in project.ontology.classes
        assert "zone_1" not in names(project)
        await press(pilot, screen, "u")
        assert "zone_1" in names(project)


async def test_the_cockpit_follows_an_ontology_that_others_change(project):
    async with cockpit(project) as (screen, pilot):

        def elsewhere():
            from reviewer.format import ontology_edits

            with Project.open(project.path, author="kim") as other:
                new = ontology_edits.relabel_class(other.ontology, "player", "Skater")
                new = ontology_edits.set_class(new, "player", color="#0000ff")
                other.change_ontology(new)

        await asyncio.to_thread(elsewhere)
        await until(pilot, lambda: "Skater" in text_of(pilot))
        await settle(pilot, screen)
        assert screen.table.rows[0].color == (0, 0, 255)
        blue = np.array((0, 0, 255))
        picture = screen.view.moment.picture
        await until(pilot, lambda: (screen.view.moment.picture.upper == blue).all(axis=2).any())
        assert picture is not None


# -- bad input, and news from elsewhere -------------------------------------------------------


async def test_hostile_labels_of_the_ontology_are_inert_everywhere(project):
    data = project.ontology.to_json()
    player = data["classes"][0]
    player["label"] = HOSTILE
    for definition in player["properties"]:
        definition["label"] = HOSTILE
        for choice in definition.get("choices", []):
            choice["label"] = HOSTILE
    project.change_ontology(data)
    entity = project.entity("player_1")
    entity["state"][0] = "fallen"
    entity["note"] = HOSTILE
    async with cockpit(project, (160, 50)) as (_screen, pilot):
        for keys in (["tab"], ["e"], ["escape", "V"], ["escape", "c"], ["escape", "T"], ["v"],
                     ["escape", "escape", "E"], ["e"], ["escape", "x"], ["escape", "escape", "O"],
                     ["enter"], ["escape", "n"], ["escape", "down", "down", "enter"], ["w"],
                     ["escape", "D"], ["escape", "question_mark"]):  # fmt: skip
            await send(pilot, *keys)
            await turn(pilot)
            for strip in pilot.app.screen._compositor.render_strips():
                for segment in strip:
                    assert segment.text.isprintable() or not segment.text, (keys, segment.text)
            assert "\u202e" not in text_of(pilot)


async def test_git_beneath_a_running_terminal(project):
    def git(*arguments: str) -> None:
        name = ["-c", "user.name=x", "-c", "user.email=x@x"]
        subprocess.run(["git", *name, *arguments], cwd=project.path, check=True,
                       capture_output=True)  # fmt: skip

    project.flush()
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "one")
    project.entity("player_1").rename("renamed later")
    project.flush()
    git("commit", "-qam", "two")
    async with cockpit(project) as (screen, pilot):
        assert "renamed later" in text_of(pilot)
        await press(pilot, screen, "r", "ctrl+u", *"half")  # somebody is typing meanwhile
        await asyncio.to_thread(git, "checkout", "-q", "HEAD~1")
        await until(pilot, lambda: project.entity("player_2") and "player_1" in names(project))
        await until(pilot, lambda: "changed on disk" in screen.note)
        assert pilot.app.screen.query_one(Input).value == "half"
        await press(pilot, screen, "escape")
        assert "player_1" in text_of(pilot)
        assert "renamed later" not in text_of(pilot)


async def test_the_palette_finds_entities_and_frames(project):
    project.entity("player_3").rename(HOSTILE)
    async with cockpit(project) as (screen, pilot):
        await send(pilot, "ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
        palette = pilot.app.screen
        await send(pilot, *"[red]bold")
        await until(pilot, lambda: palette.query_one(CommandList).option_count > 0)
        await until(pilot, lambda: "Select [red]bold[/red]" in text_of(pilot))
        await send(pilot, "enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        await until(pilot, lambda: screen.selected == project.entity(HOSTILE).id)
        await send(pilot, "ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
        await send(pilot, *"45")
        await until(pilot, lambda: "Go to frame 45" in text_of(pilot))
        await send(pilot, "enter")
        await until(pilot, lambda: screen.frame == 45)


async def test_files_that_vanish_are_named_and_typing_goes_on(project):
    async with cockpit(project) as (screen, pilot):
        (project.path.parent / "game.mp4").unlink()
        screen._look_for_files()
        await until(pilot, lambda: "the video is gone" in text_of(pilot))
        await press(pilot, screen, "o")
        assert project.entity("player_1")["presence"].at(0) == "occluded"
