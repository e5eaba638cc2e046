"""Finding every fault of a video file that matters for labels: ``check_video(path)``.

What is reported, and as what JSON, is described in CHECK.md beside this package.
"""

from .codes import CODES, Flag, Severity
from .report import Finding, Remedy, Report, Span
from .run import check_video
from .text import describe

__all__ = [
    "CODES",
    "Finding",
    "Flag",
    "Remedy",
    "Report",
    "Severity",
    "Span",
    "check_video",
    "describe",
]
