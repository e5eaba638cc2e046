"""Processes killed at any moment, disks that fail or fill up: every acknowledged edit survives, and
no edit is ever there in part.

The edits are those of ``annotator``, of every kind. A second copy of the project, where nothing
ever fails, says what a folder must hold after so many edits. The short form runs everywhere;
``pytest --full`` runs hundreds of kills and prints what was killed where.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer import Project
from tests.format import child, disks, stranger, whole_model, writers
from tests.format.annotator import AUTHORS, Annotator
from tests.format.contents import everything, keyframes_of

ONTOLOGY = {
    **whole_model.ONTOLOGY,
    "classes": [*whole_model.ONTOLOGY["classes"], *(f"mark_{author}" for author in AUTHORS)],
}
PATIENCE_S = 60
pytestmark = pytest.mark.timeout(3600)  # the full campaigns take minutes, more on a busy machine


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--full"))


class Writers:
    """Starts writers on a folder and knows what they said."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._runs = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.format.writers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=child.ROOT,
        )

    def start(self, folder: Path, author: str, first: int, **order: Any) -> Writer:
        self._runs += 1
        said = self._place / f"said-{self._runs}"
        said.touch()
        whole = {
            "folder": str(folder),
            "author": author,
            "first": first,
            "count": 10_000,
            "flush_after_s": 0.02,
            "acknowledged": str(said),
            **order,
        }
        return Writer(self, author, first, self.ask(whole), said)

    def ask(self, order: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(orjson.dumps(order).decode() + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)


class Writer:
    """One process that edits."""

    def __init__(
        self, writers: Writers, author: str, first: int, process_id: int, said: Path
    ) -> None:
        self.author, self.first = author, first
        self._writers = writers
        self._process_id, self._said = process_id, said

    @property
    def lines(self) -> list[str]:
        return self._said.read_text(encoding="utf-8").splitlines()

    @property
    def gone(self) -> bool:
        return bool(self._writers.ask({"gone": self._process_id}))

    def until(self, acknowledged: int) -> None:
        """Wait for so many edits, or the end."""
        self._wait(lambda: sum(line.startswith("ok") for line in self.lines) >= acknowledged)

    def kill(self) -> None:
        self._writers.ask({"kill": self._process_id})

    def end(self) -> None:
        self._wait(lambda: False)

    def _wait(self, condition: Any) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while not self.gone and not condition():
            assert time.monotonic() < give_up, (self.author, self.lines[-3:])
            time.sleep(0.002)

    @property
    def acknowledged(self) -> int:
        """How many edits its author has made in all."""
        done = [int(line.split()[1]) for line in self.lines if line.startswith("ok")]
        return max(done, default=self.first - 1) + 1

    @property
    def fate(self) -> str:
        """What became of it, and in the middle of what."""
        lines = self.lines
        last = next((line for line in reversed(lines) if line[:3] in ("try", "ok ")), "opening")
        marks = [line for line in lines if line.split()[0] in ("killed", "refused:", "left")]
        failed = [line for line in lines if line.endswith("failed")]
        what = "; ".join([*failed[:1], *marks[:1]]) or "killed by the clock"
        return f"{what} ({last})"


class Campaign:
    """A folder, its writers, and for each author the same edits where nothing fails."""

    def __init__(self, place: Path, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.writers = Writers(place)
        stack.callback(self.writers.close)
        self.done = dict.fromkeys(AUTHORS, 0)
        self._expected: dict[str, Annotator] = {}
        for author in AUTHORS:
            shadow = place / f"shadow-{author}"
            shutil.copytree(folder, shadow)
            project = stack.enter_context(Project.open(shadow, author=author))
            self._expected[author] = Annotator(project, author)

    def start(self, author: str, **order: Any) -> Writer:
        return self.writers.start(self.folder, author, self.done[author], **order)

    def check(self, stopped: list[Writer]) -> None:
        """Every acknowledged edit is there; the one that was under way is there whole, or not."""
        for writer in stopped:
            assert not [line for line in writer.lines if line.startswith("broke")], writer.lines
        with Project.open(self.folder, author="onlooker") as project:
            assert project.warnings == []
            for writer in stopped:
                self._compare(project, writer)

    def _compare(self, project: Project, writer: Writer) -> None:
        expected = self._expected[writer.author]
        with whole_model.without_syncs():
            for number in range(self.done[writer.author], writer.acknowledged):
                expected.step(number)
            self.done[writer.author] = writer.acknowledged
            found = Annotator(project, writer.author).contents()
            if found == expected.contents():
                return
            under_way = f"try {writer.acknowledged}" in writer.lines
            assert under_way, f"lost or torn: {writer.fate}"
            expected.step(writer.acknowledged)
            self.done[writer.author] += 1
        assert found == expected.contents(), f"lost or torn: {writer.fate}"

    def check_files(self) -> None:
        """The store's files alone hold everything: nothing but them is left to read."""
        with Project.open(self.folder):
            pass
        shutil.rmtree(self.folder / ".reviewer")
        with Project.open(self.folder) as project:
            assert project.warnings == []
            for author, expected in self._expected.items():
                assert Annotator(project, author).contents() == expected.contents()


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    folder = stranger.make_folder(tmp_path / "match", whole_model.FRAMES, ontology=ONTOLOGY)
    with ExitStack() as stack:
        yield Campaign(tmp_path, folder, stack)


def report(title: str, fates: list[str]) -> None:
    """What was killed where."""
    print(f"\n{title}: {len(fates)}")
    places: Counter[str] = Counter()
    for fate in fates:
        print(f"  {fate}")
        words = fate.split("(")[0].split()
        places[" ".join(word for word in words if not word.isdigit())] += 1
    for place, count in places.most_common():
        print(f"{count:6}  {place}")


def test_kills_at_random_moments_and_calls(campaign: Campaign, full: bool) -> None:
    """Two writers on one folder; each time one or both die."""
    dice = random.Random(2024)
    runs, fates = (320 if full else 10), []
    for run in range(runs):
        blow = strike(dice)
        both = [campaign.start(AUTHORS[0], **blow), campaign.start(AUTHORS[1])]
        both[0].until(50 if blow else dice.randint(0, 12))
        time.sleep(dice.uniform(0, 0.03))
        if dice.random() < 0.5:
            both[1].kill()
            fates.append(both[1].fate)
            both[0].until(dice.randint(1, 20))
        both[0].kill()
        fates.append(both[0].fate)
        if run % 3 == 0 and not both[1].gone:
            # looked at while the other one goes on
            campaign.check(both[:1])
            both[1].kill()
            campaign.check(both[1:])
        else:
            both[1].kill()
            campaign.check(both)
    report("killed", fates)
    assert sum(campaign.done.values()) > runs * 5
    leftovers = list((campaign.folder / ".reviewer/tmp").glob("*"))
    print(f"edits: {campaign.done}; temporary files left: {len(leftovers)}")
    campaign.check_files()


def strike(dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.4:
        return {}
    call = dice.choice(writers.CALLS)
    how = dice.choice(["before", "after", "half"])
    return {"strike": (call, int(dice.expovariate(0.08)) + 1, how)}


def test_calls_to_the_disk_that_fail(campaign: Campaign, full: bool) -> None:
    """An fsync, a rename, a write that answers with an error, three times in a row."""
    dice = random.Random(7)
    fates = []
    for run in range(60 if full else 8):
        call = writers.CALLS[run % len(writers.CALLS)]
        nth = int(dice.expovariate(0.1)) + 1
        writer = campaign.start(AUTHORS[0], strike=(call, nth, "error"), count=25)
        writer.end()
        fates.append(writer.fate)
        campaign.check([writer])
    report("failed calls", fates)
    campaign.check_files()


def test_a_disk_that_fills_up(tmp_path: Path, full: bool) -> None:
    """Again and again: an edit is refused, or its writer killed, there is space again, and every
    acknowledged edit is there."""
    dice = random.Random(3)
    fates = []
    with (
        disks.small_disk(tmp_path / "disk", 100_000 if full else 12_000) as disk,
        ExitStack() as stack,
    ):
        folder = stranger.make_folder(disk / "match", whole_model.FRAMES, ontology=ONTOLOGY)
        campaign = Campaign(tmp_path, folder, stack)
        for run in range(30 if full else 4):
            fill_but(disk, dice.choice([0, 8, 40, 160, 400]))
            writer = campaign.start(AUTHORS[0], count=150)
            if run % 2:
                writer.until(dice.randint(1, 60))
                writer.kill()
            else:
                writer.end()
            fates.append(writer.fate)
            (disk / "ballast").unlink()
            campaign.check([writer])
        report("full disks", fates)
        assert any("No space left" in fate for fate in fates)
        campaign.check_files()


def fill_but(disk: Path, kilobytes: int) -> None:
    """Fill a disk up to so much."""
    disks.fill(disk)
    size = (disk / "ballast").stat().st_size
    os.truncate(disk / "ballast", max(size - 1024 * kilobytes, 0))


MANY = """
    import hashlib, random, time
    from reviewer.format.errors import EditError
    from tests.format.contents import everything
    project = Project.open(sys.argv[1], author=sys.argv[2])
    count = int(sys.argv[3])
    project.subscribe(lambda change: None)
    random.seed(sys.argv[2])
    things = list(project.entities.values())
    print("ready", flush=True)
    sys.stdin.readline()
    refused = 0
    for number in range(count):
        if number % 50 == 49:
            try:
                project.undo()
            except EditError as refusal:  # only where the other one has set that keyframe meanwhile
                assert "it was changed since" in str(refusal), refusal
                assert thing["box"].at(frame)[0] != number - 1, (thing.id, frame, number)
                refused += 1
            continue
        thing = random.choice(things)
        frame = random.randrange(300)
        if number % 7 == 6:
            with project.transaction("two at once"):
                thing["pose"][frame] = random.choice(["standing", "running", "down"])
                thing["box"][frame] = (number, 1, 1, 1)
        else:
            thing["box"][frame] = (number, frame, 1, 1)
    assert refused <= 5, f"{refused} undos refused"
    print("done", flush=True)
    sys.stdin.readline()
    project.flush()
    for _ in range(600):  # until the other one's last edits are here
        digest = hashlib.sha256(repr(everything(project)).encode()).hexdigest()
        print(project.revision, digest, flush=True)
        if sys.stdin.readline() == "enough\\n":
            break
        time.sleep(0.05)
    project.close()
"""


def test_two_processes_interleave_many_edits(tmp_path: Path, full: bool) -> None:
    """On the same cells; both, and the disk, end in one state."""
    count = 10_000 if full else 250
    folder = stranger.make_folder(tmp_path / "match")
    with Project.open(folder) as project:
        for number in range(5):
            project.add_entity("player", entity_id=f"player-{number}")
    both = [child.start(MANY, folder, author, count) for author in AUTHORS]
    for process in both:
        assert read_line(process) == "ready"
    began = time.monotonic()
    for process in both:
        tell(process, "go")
    for process in both:
        assert read_line(process) == "done"
    print(f"\n{2 * count} edits by two processes in {time.monotonic() - began:.1f} s")
    with Project.open(folder) as project:
        on_disk, keyframes = everything(project), keyframes_of(project)
    assert stranger.read_keyframes(folder) == keyframes
    wanted = hashlib.sha256(repr(on_disk).encode()).hexdigest()
    for process in both:
        tell(process, "go")
        for _ in range(600):
            revision, digest = read_line(process).split()
            tell(process, "enough" if digest == wanted else "again")
            if digest == wanted:
                break
        assert digest == wanted
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        print(f"revision {revision} in this process")


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def tell(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def test_every_kind_of_edit_takes_part(tmp_path: Path) -> None:
    """The campaigns mean what they say: in a few hundred edits each kind really changes something,
    and the same edits give the same wherever they are made."""
    contents, effective = [], Counter[str]()
    with whole_model.without_syncs():
        for place in ("here", "there"):
            folder = stranger.make_folder(tmp_path / place, whole_model.FRAMES, ontology=ONTOLOGY)
            with Project.open(folder, author=AUTHORS[0]) as project:
                author = Annotator(project, AUTHORS[0])
                for number in range(350):
                    revision = project.revision
                    name = author.step(number)
                    effective[name] += project.revision - revision
                contents.append(author.contents())
    assert contents[0] == contents[1]
    kinds = {kind.__name__ for kind in author.kinds_of_edit()} - {"flush"}
    assert {name for name, count in effective.items() if count} == kinds
