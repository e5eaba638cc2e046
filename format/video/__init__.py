"""Opening, indexing and exact random access to a video file."""

from .fingerprint import fingerprint
from .index import VideoIndex
from .scan import Progress
from .stills import Still
from .units import Unit, UnitTable
from .video import FrameSlice, Video

__all__ = [
    "FrameSlice",
    "Progress",
    "Still",
    "Unit",
    "UnitTable",
    "Video",
    "VideoIndex",
    "fingerprint",
]
