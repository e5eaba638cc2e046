"""Small stills for the timeline. They have a decoder of their own, so that none of them holds up
the packets or the exact stills of the frame that somebody looks at."""

from __future__ import annotations

import threading
from collections import OrderedDict

from reviewer.format import Project, VideoError
from reviewer.format.video import Video

MAX_WIDTH = 320
MAX_KEPT = 2000  # of some kilobytes each
DECODED_BYTES = 4 << 20
QUALITY = 70


class Thumbnails:
    """Small JPEG stills of a project's video, the newest kept."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._video: Video | None = None
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def get(self, frame: int, width: int) -> bytes:
        """Frame ``frame`` (0-based) as a JPEG at most ``width`` px wide. VideoError without it."""
        video = self._project.video
        if not 0 <= frame < len(video):
            raise VideoError(f"The video has no frame {frame}; it has {len(video)} frames.")
        key = (frame, min(max(width, 16), MAX_WIDTH))
        with self._lock:
            if self._video is None or self._video.index is not video.index:
                self._forget()
                self._video = Video(video.path, video.index, DECODED_BYTES)
            if key not in self._kept:
                self._kept[key] = self._video.jpeg(frame, key[1], QUALITY)
                if len(self._kept) > MAX_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._video is not None:
            self._video.close()
        self._video = None
        self._kept.clear()
