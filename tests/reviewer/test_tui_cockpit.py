"""The cockpit driven by keys, as a person would, and the project looked at afterwards."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from reviewer.format import Project
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from reviewer.app import ReviewerApp
from reviewer.screens.cockpit import Cockpit
from reviewer.screens.dialogs import Menu, Prompt
from reviewer.screens.help import Help, HelpText
from reviewer.screens.keys import KEYS
from reviewer.widgets.bars import KeyBar
from reviewer.widgets.entity_table import EntityTable
from tests.reviewer.driving import (
    CHARACTERS,
    cockpit,
    press,
    send,
    settle,
    shown_pixels,
    text_of,
    turn,
    until,
)
from tests.videos import make_video, read_number

FRAMES = 90
ONTOLOGY = {
    "classes": [
        {
            "name": "player",
            "color": "#e6194b",
            "properties": [
                {"name": "team", "kind": "choice", "choices": ["home", "away"]},
                {
                    "name": "state",
                    "kind": "choice",
                    "time_varying": True,
                    "choices": [{"name": "skating", "hotkey": "k"}, {"name": "fallen"}],
                },
            ],
        },
        {"name": "referee", "color": "#4363d8", "hotkey": "2"},
    ]
}
HOSTILE = "[red]bold[/red] \x1b]0;owned\x07\x1b[31m\nnew line \u202egnp.exe"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tui") / "game.mp4"
    make_video(path, frames=FRAMES, size=(640, 360), gop=30)
    return path


@pytest.fixture
def project(tmp_path: Path, video: Path):
    shutil.copy(video, tmp_path / "game.mp4")
    with Project.create(
        tmp_path / "hockey", tmp_path / "game.mp4", ONTOLOGY, author="robin"
    ) as made:
        for number in range(3):
            entity = made.add_entity("player", frame=10 * number)
            entity["box"][10 * number] = (100 + 50 * number, 60, 40, 90)
            entity["box"][60] = (200 + 50 * number, 160, 40, 90)
        yield made


# -- the picture ------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "seeks"), [((80, 24), 25), ((120, 40), 100), ((200, 60), 25)])
async def test_the_frame_on_the_screen_is_the_right_one(project, size, seeks, request):
    rng = np.random.default_rng(7)
    seeks = 100 if request.config.getoption("--full") else seeks
    async with cockpit(project, size) as (screen, pilot):
        await press(pilot, screen, "v")  # names off: they would hide the burnt-in number
        for frame in rng.integers(0, FRAMES, seeks).tolist():
            screen.go(frame)
            await settle(pilot, screen)
            assert screen.frame == screen.view.frame == frame
            assert read_number(shown_pixels(screen)) == frame


async def test_what_waits_for_the_first_picture_is_begun_with_it_once(project):
    begun = []
    app = ReviewerApp(project, when_shown=lambda: begun.append(app.cockpit.view.frame))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: bool(begun))
        await pilot.press("l", "l")
        await until(pilot, lambda: app.cockpit.view.frame == 2)
    app.cockpit.shut_down()
    assert begun == [0]


async def test_every_way_of_moving(project):
    async with cockpit(project) as (screen, pilot):
        for keys, frame in [
            (["right"], 1),
            (["l", "l"], 3),
            (["left"], 2),
            (["h"], 1),
            (["left", "left", "left"], 0),  # not beyond the start
            (["shift+right"], 10),
            (["L"], 20),
            (["H"], 10),
            (["shift+left"], 0),
            (["w"], 30),  # a second at 30 fps
            (["ctrl+right"], 60),
            (["b"], 30),
            (["ctrl+left"], 0),
            (["end"], 89),
            (["right"], 89),
            (["home"], 0),
            (["dollar_sign"], 89),
            (["0"], 0),
            (["right_square_bracket"], 60),  # the keyframes of player_1 are 0 and 60
            (["right_square_bracket"], 60),
            (["left_square_bracket"], 0),
            (["g", "4", "5", "enter"], 45),
            (["g", "+", "5", "enter"], 50),
            (["g", "minus", "2", "0", "enter"], 30),
            (["g", "0", ":", "0", "2", "enter"], 60),
            (["g", "1", "s", "enter"], 30),
            (["g", "5", "0", "%", "enter"], 44),
            (["g", "9", "9", "9", "9", "enter"], 89),
            (["g", "x", "enter", "escape"], 89),  # nonsense is refused, not guessed at
        ]:
            await press(pilot, screen, *keys)
            assert screen.frame == frame, keys
            assert screen.view.frame == frame, keys
        assert read_number(screen.view.moment.picture.upper) == 89


async def test_only_the_newest_wish_is_decoded(project, monkeypatch):
    """Held keys do not pile up: while one frame is in work, only the last wish is kept."""
    async with cockpit(project) as (screen, pilot):
        gate, entered, asked = threading.Event(), threading.Event(), []
        decode = project.video.frame

        def slow(frame, width, height, **options):
            asked.append(frame)
            entered.set()
            gate.wait()
            return decode(frame, width, height, **options)

        monkeypatch.setattr(project.video, "frame", slow)
        await send(pilot, "right")
        await asyncio.to_thread(entered.wait)
        for _ in range(20):
            await send(pilot, "right")
        assert screen.frame == 21  # the numbers follow the keys at once
        gate.set()
        await settle(pilot, screen)
        assert asked == [1, 21]
        assert screen.view.frame == 21


async def test_playing_shows_only_right_frames_and_stops_at_the_end(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "v")
        seen = []
        show = screen.view.show

        def record(moment):
            seen.append((moment.frame, read_number(moment.picture.upper)))
            show(moment)

        screen.view.show = record
        await press(pilot, screen, "g", "6", "0", "enter")
        await send(pilot, "space")
        assert screen.loader.playing
        await until(pilot, lambda: screen.frame == FRAMES - 1)
        await until(pilot, lambda: not screen.loader.playing)
        frames = [frame for frame, _ in seen]
        assert all(frame == number for frame, number in seen)
        assert frames == sorted(frames)
        await send(pilot, "space")  # again, from the start
        await until(pilot, lambda: screen.frame < FRAMES - 1)
        if screen.loader.playing:  # a busy machine may have played it all by now
            await press(pilot, screen, "space")
        assert not screen.loader.playing
        assert screen.view.frame == screen.frame


async def test_shapes_on_the_screen_are_the_engines(project):
    async with cockpit(project, (160, 50)) as (screen, pilot):
        await press(pilot, screen, "v", "escape", "escape")
        for frame in (0, 15, 30, 47, 60):
            await press(pilot, screen, "g", *str(frame), "enter")
            pixels, place = shown_pixels(screen), screen.view.moment.place
            box = project.entity("player_1")["box"].at(frame)
            lines, columns = np.nonzero((pixels == (0xE6, 0x19, 0x4B)).all(axis=2))
            assert len(lines)
            boxes = project.evaluate(frame, frame + 1)["box"]
            x0 = boxes[:, 0].min() * place.columns / 640
            x1 = (boxes[:, 0] + boxes[:, 2]).max() * place.columns / 640
            assert abs(columns.min() - x0) <= 1
            assert abs(columns.max() + 1 - x1) <= 1
            y0 = boxes[:, 1].min() * place.lines / 360
            assert abs(lines.min() - y0) <= 1
            assert box[0] == boxes[0, 0]


async def test_click_selects_the_shape(project):
    async with cockpit(project, (160, 50)) as (screen, pilot):
        await press(pilot, screen, "g", "2", "0", "enter")
        place, view = screen.view.moment.place, screen.view
        x, y, width, height = project.entity("player_3")["box"].at(20)
        left = (view.size.width - place.columns) // 2
        column = left + int((x + width / 2) * place.columns / 640)
        row = view.moment.top + int((y + height / 2) * place.lines / 360 / 2)
        await pilot.click("#frame", offset=(column, row))
        await settle(pilot, screen)
        assert screen.selected == project.entity("player_3").id


# -- editing ----------------------------------------------------------------------------------


async def test_a_review_by_keys_is_in_the_project(project):
    async with cockpit(project) as (screen, pilot):
        # rename player_1
        await send(pilot, "r")
        assert isinstance(pilot.app.screen, Prompt)
        await press(pilot, screen, *"goalie", "enter")
        # the selected text was replaced by what was typed
        assert project.entity("goalie").id == screen.selected
        # occluded from 40, present from 50, absent from 70
        for frame, key in [("40", "o"), ("50", "p"), ("70", "a")]:
            await press(pilot, screen, "g", *frame, "enter")
            await press(pilot, screen, key)
        spans = project.entity("goalie")["presence"].spans()
        assert [span for span in spans if span[2] != "absent"] == [
            (0, 40, "present"), (40, 50, "occluded"), (50, 70, "present"),
        ]  # fmt: skip
        # choices: e, then the first property (team), away
        await press(pilot, screen, "e", "1", "down", "enter")
        assert project.entity("goalie")["team"].value == "away"
        # the second (state), by its hotkey, at frame 70
        await press(pilot, screen, "e", "2", "k")
        assert project.entity("goalie")["state"].at(70) == "skating"
        assert project.entity("goalie")["state"].at(69) is None
        # class, by hotkey
        await press(pilot, screen, "c", "2")
        assert project.entity("goalie").class_name == "referee"
        assert "saved" in text_of(pilot)
    with Project.open(project.path) as again:
        goalie = again.entity("goalie")
        assert goalie.class_name == "referee"
        assert goalie["presence"].at(45) == "occluded"


async def test_undo_and_redo_of_every_edit(project):
    def state():
        return [
            (e.name, e.class_name, e["presence"].spans(), e["box"].keyframes.tolist())
            for e in project.entities.values()
        ]

    async with cockpit(project) as (screen, pilot):
        states = [state()]
        for keys in (
            ["r", *"x1", "enter"],
            ["c", "2"],
            ["g", "3", "0", "enter", "o"],
            ["g", "6", "0", "enter", "x"],
            ["D"],
        ):
            await press(pilot, screen, *keys)
            states.append(state())
        assert all(one != other for one, other in itertools.pairwise(states))
        assert len(states[-1]) == 2
        for before in reversed(states[:-1]):
            await press(pilot, screen, "u")
            assert state() == before
        for after in states[1:]:
            await press(pilot, screen, "U")
            assert state() == after


async def test_delete_keyframes_asks_which(project):
    async with cockpit(project) as (screen, pilot):
        player = project.entity("player_1")
        player["presence"][60] = "occluded"
        await settle(pilot, screen)
        await press(pilot, screen, "g", "6", "0", "enter")
        await send(pilot, "x")
        assert isinstance(pilot.app.screen, Menu)
        await press(pilot, screen, "down", "enter")  # presence, box, all of them
        assert player["box"].keyframes.tolist() == [0]
        assert 60 in player["presence"].keyframes
        await press(pilot, screen, "x")  # only one is left: no question
        assert 60 not in player["presence"].keyframes
        await press(pilot, screen, "x")
        assert "no keyframe at this frame" in text_of(pilot)


async def test_properties_pane_edits_what_it_shows(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "tab")
        names = [row.label for row in screen.properties.rows]
        for _ in range(names.index("Team")):
            await send(pilot, "down")
        assert screen.properties.current.label == "Team"
        await press(pilot, screen, "enter", "enter")
        assert project.entity("player_1")["team"].value == "home"
        assert screen.properties.current.value == "Home"
        await press(pilot, screen, "tab", "down")
        assert screen.selected == project.entity("player_2").id


async def test_deleting_selects_a_neighbour_and_undo_brings_it_back(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "down", "D")
        assert [e.name for e in project.entities.values()] == ["player_1", "player_3"]
        assert screen.selected == project.entity("player_3").id
        assert screen.table.row_count == 2
        await press(pilot, screen, "u")
        assert len(project.entities) == screen.table.row_count == 3


async def test_a_refused_edit_is_said_and_nothing_changes(project, monkeypatch):
    async with cockpit(project) as (screen, pilot):
        before = project.revision
        monkeypatch.setattr(project._core, "read_only", "The folder cannot be written.")
        await press(pilot, screen, "o")
        assert project.revision == before
        assert "not saved" in text_of(pilot)
        await until(pilot, lambda: "The project is read-only" in text_of(pilot))
        monkeypatch.setattr(project._core, "read_only", None)
        await press(pilot, screen, "o")
        assert "not saved" not in text_of(pilot)
        assert project.revision > before


# -- others edit too --------------------------------------------------------------------------


async def test_edits_by_others_appear(project):
    async with cockpit(project) as (screen, pilot):

        def elsewhere():
            with project.transaction("Add a referee", author="kim"):
                referee = project.add_entity("referee", name="ref")
                referee["box"][0] = (10, 200, 60, 60)

        await asyncio.to_thread(elsewhere)
        await until(pilot, lambda: screen.table.row_count == 4)
        await settle(pilot, screen)
        assert "ref" in text_of(pilot)
        blue = (0x43, 0x63, 0xD8)
        await until(pilot, lambda: (shown_pixels(screen) == blue).all(axis=2).any())


async def test_edits_by_another_process_folder_appear(project):
    """A second opening of the same folder stands for another process."""
    async with cockpit(project) as (_, pilot):

        def elsewhere():
            with Project.open(project.path, author="kim") as other:
                other.entity("player_2").rename("renamed by kim")

        await asyncio.to_thread(elsewhere)
        await until(pilot, lambda: "renamed by kim" in text_of(pilot))
        await until(pilot, lambda: "kim: Rename" in text_of(pilot))


async def test_the_selected_entity_deleted_by_others(project):
    async with cockpit(project) as (screen, pilot):
        await asyncio.to_thread(project.entity("player_1").delete)
        await until(pilot, lambda: screen.table.row_count == 2)
        await settle(pilot, screen)
        assert screen.selected == project.entity("player_2").id
        for name in ("player_2", "player_3"):
            await asyncio.to_thread(project.entity(name).delete)
        await until(pilot, lambda: screen.table.row_count == 0)
        await press(pilot, screen, "down", "r", "e", "x", "D", "o", "right_square_bracket", "n")
        assert "select an entity first" in text_of(pilot) or "nothing is present" in text_of(pilot)


# -- lists ------------------------------------------------------------------------------------


async def test_filter_and_present_only(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "slash", *"er_2", "enter")
        assert [row.name for row in screen.table.rows] == ["player_2"]
        assert screen.selected == project.entity("player_2").id
        await press(pilot, screen, "escape")
        assert screen.table.row_count == 3
        await press(pilot, screen, "s")
        assert [row.name for row in screen.table.rows] == ["player_1"]
        await press(pilot, screen, "g", "1", "5", "enter")
        assert [row.name for row in screen.table.rows] == ["player_1", "player_2"]
        await press(pilot, screen, "s", "n")  # n goes round among those in the frame
        assert screen.selected == project.entity("player_1").id
        await press(pilot, screen, "N")
        assert screen.selected == project.entity("player_2").id


async def test_keys_typed_into_the_filter_are_text(project):
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "slash", *"quodx", "left", "left")
        assert pilot.app.is_running
        assert screen.query_one("#filter", Input).value == "quodx"
        assert screen.frame == 0
        assert len(project.entities) == 3


async def burst(pilot: Pilot, screen: Cockpit, *keys: str) -> None:
    """All keys at once, as a quick typist or a slow line delivers them."""
    for key in keys:
        character = CHARACTERS.get(key, key if len(key) == 1 else None)
        pilot.app.post_message(events.Key(key, character))
    await until(pilot, lambda: pilot.app.message_queue_size == 0)
    await settle(pilot, screen)


async def test_keys_that_come_together_keep_their_meaning(project):
    async with cockpit(project) as (screen, pilot):
        await burst(pilot, screen, "slash", "D", "D")  # not: delete two entities
        assert screen.filter_input.value == "DD"
        assert len(project.entities) == 3
        await burst(pilot, screen, "escape")
        await burst(pilot, screen, "g", "4", "2", "enter")
        await until(pilot, lambda: screen.frame == 42)
        await burst(pilot, screen, "e", "2", "k")  # state: skating, and k is no "up" here
        await settle(pilot, screen)
        assert project.entity("player_1")["state"].at(42) == "skating"
        assert screen.selected == project.entity("player_1").id
        await burst(pilot, screen, "r", *"Ada", "enter")
        await until(pilot, lambda: "Ada" in [e.name for e in project.entities.values()])
        # What erases or moves takes its turn among the letters.
        await burst(
            pilot, screen, "r", *"lost", "ctrl+u", *"Bob", "left", "backspace", "e", "enter"
        )
        await until(pilot, lambda: "Beb" in [e.name for e in project.entities.values()])


async def test_ten_thousand_rows_paint_only_what_is_seen(project):
    asked = []
    table = EntityTable(lambda entity_id: asked.append(entity_id) or 7)
    from reviewer.widgets.entity_table import EntityRow

    async with cockpit(project) as (screen, pilot):
        await screen.query_one("#side").mount(table)
        rows = [EntityRow(str(n), f"row {n}", "Player", (9, 9, 9)) for n in range(10_000)]
        table.show_rows(rows, len(rows))
        await turn(pilot)
        asked.clear()
        table.select("7777")
        await turn(pilot)
        assert "row 7777" in text_of(pilot)
        assert 0 < len(set(asked)) <= table.size.height * 2


# -- hostile and missing things ---------------------------------------------------------------


async def test_hostile_names_are_shown_and_do_nothing(project):
    for entity in list(project.entities.values()):
        entity.rename(HOSTILE)
    async with cockpit(project, (160, 50)) as (screen, pilot):
        for keys in ([], ["e"], ["escape", "c"], ["escape", "r"], ["escape", "o"], ["u"], ["D"]):
            await send(pilot, *keys)
            await turn(pilot)
            if pilot.app.screen is screen:
                await settle(pilot, screen)
            for strip in pilot.app.screen._compositor.render_strips():
                for segment in strip:
                    assert segment.text.isprintable() or not segment.text, repr(segment.text)
            assert "[red]bold[/red]" in text_of(pilot), keys
            assert "\u202e" not in text_of(pilot)


async def test_renaming_without_typing_keeps_a_hostile_name(project):
    entity = project.entity("player_1")
    entity.rename(HOSTILE)
    async with cockpit(project) as (screen, pilot):
        await press(pilot, screen, "r", "enter")
        assert entity.name == HOSTILE
        await press(pilot, screen, "r", "ctrl+u", "enter", "escape")  # empty is refused
        assert entity.name == HOSTILE


async def test_without_its_video_everything_else_works(project, video):
    path = project.path
    project.close()
    (path.parent / "game.mp4").unlink()
    with Project.open(path) as opened:
        async with cockpit(opened) as (screen, pilot):
            assert screen.view.frame is None
            shown = " ".join(text_of(pilot).split())
            assert "No picture" in shown
            assert "is missing" in shown
            await send(pilot, "right", "right", "o")
            await until(pilot, lambda: screen.saving == 0 and opened.revision > 0)
            assert screen.frame == 2
            assert opened.entity("player_1")["presence"].at(2) == "occluded"
            await send(pilot, "space")
            await until(pilot, lambda: screen.frame > 4)
            await send(pilot, "space")


async def test_another_video_is_named(project):
    path = project.path
    project.close()
    make_video(path.parent / "game.mp4", frames=40, size=(320, 192))
    with Project.open(path) as opened:
        async with cockpit(opened) as (_, pilot):
            assert "not the video" in " ".join(text_of(pilot).split())


# -- the whole screen -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (20, 5), (1, 1), (300, 100)])
async def test_any_size(project, size):
    async with cockpit(project, size) as (screen, pilot):
        await press(pilot, screen, "right", "down", "tab")
        if size >= (80, 24):
            text = text_of(pilot)
            assert "player_1" in text
            assert "saved" in text
            assert "q quit" in text
            assert "Presence" in text
        await pilot.resize_terminal(60, 20)
        await settle(pilot, screen)
        assert screen.view.moment.request.columns == screen.view.size.width


async def test_help_and_key_bar_come_from_the_one_list(project):
    async with cockpit(project, (120, 60)) as (screen, pilot):
        await send(pilot, "question_mark")
        await turn(pilot)
        assert isinstance(pilot.app.screen, Help)
        rows = pilot.app.screen.query_one(HelpText).rows
        assert {entry.action for row in rows for entry in row if hasattr(entry, "action")} == {
            key.action for key in KEYS
        }
        shown = text_of(pilot)
        for key in KEYS:
            assert key.text[:20] in shown
        await press(pilot, screen, "escape")
        hints = screen.query_one(KeyBar).fitting(400)
        assert hints == [key.hint for key in KEYS if key.hint]


def test_no_key_means_two_things():
    names = [name for key in KEYS for name in key.keys.split(",")]
    assert len(names) == len(set(names))
    for key in KEYS:
        action = key.action.partition("(")[0].removeprefix("app.")
        owner = ReviewerApp if key.action.startswith("app.") else Cockpit
        assert hasattr(owner, f"action_{action}"), key.action


async def test_the_page_is_named_without_its_token(project):
    async with cockpit(project, url="http://127.0.0.1:4242/#token=secret") as (screen, pilot):
        assert "http://127.0.0.1:4242/" in text_of(pilot)
        assert "secret" not in text_of(pilot)
        await press(pilot, screen, "y")
        entity = project.entity("player_1").id
        assert pilot.app.clipboard == (
            f"http://127.0.0.1:4242/#token=secret&frame=0&entity={entity}"
        )


async def test_q_leaves_and_the_threads_end(project):
    async with cockpit(project) as (screen, pilot):
        await send(pilot, "space", "q")
        await turn(pilot)
    assert not screen.loader._thread.is_alive()
    names = [thread.name for thread in threading.enumerate()]
    ours = ("reviewer-frames", "reviewer-ahead", "reviewer-edits")
    assert not any(name.startswith(ours) for name in names)
