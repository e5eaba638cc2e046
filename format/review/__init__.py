"""What reviewers say of annotations: threads of comments pinned to frames, entities, properties
and places, verdicts, assignments, and the queue of what is left to review. One small file for each
thing said, none ever changed, so that branches on which people reviewed merge without conflict."""

from .entry import STATUSES, VERDICTS, Entry, Pin
from .queue import STATES, Progress, QueueItem
from .reviews import Reviews
from .thread import Thread

__all__ = [
    "STATES", "STATUSES", "VERDICTS", "Entry", "Pin", "Progress", "QueueItem", "Reviews", "Thread",
]  # fmt: skip
