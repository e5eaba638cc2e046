"""Decoding ahead: in order, only the newest wish, and nothing while a picture is on its way."""

import threading

from reviewer.screens.ahead import Ahead


class Warmed:
    """Frames that were asked for; `gate` lets one after another through."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.gate = threading.Semaphore(0)
        self.changed = threading.Condition()

    def __call__(self, frame: int) -> None:
        with self.changed:
            self.frames.append(frame)
            self.changed.notify_all()
        assert self.gate.acquire(timeout=30)

    def until(self, frames: list[int]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.frames == frames, timeout=30), self.frames


def test_the_newest_wish_takes_the_place_of_the_last() -> None:
    warmed = Warmed()
    ahead = Ahead(warmed)
    ahead.start()
    ahead.wish(range(5, 9))
    ahead.go()
    warmed.until([5])
    ahead.wish(range(20, 22))
    warmed.gate.release(3)
    warmed.until([5, 20, 21])
    ahead.close()


def test_nothing_is_begun_while_it_is_held() -> None:
    warmed = Warmed()
    warmed.gate.release(10)
    ahead = Ahead(warmed)
    ahead.start()
    ahead.hold()
    ahead.wish(range(3, 6))
    with warmed.changed:
        assert not warmed.changed.wait(0.05)
    ahead.go()
    warmed.until([3, 4, 5])
    ahead.close()
    assert not ahead._thread.is_alive()
