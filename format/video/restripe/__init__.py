"""Mending a video without touching it: a new file with even times, and which frame went where.

``restripe(video, out)`` copies the packets unchanged wherever that is enough.
"""

from ..mapping import FrameMapping, VideoIdentity, mapping_path
from .plan import Plan, Step, make_plan
from .run import Restriped, restripe

__all__ = [
    "FrameMapping",
    "Plan",
    "Restriped",
    "Step",
    "VideoIdentity",
    "make_plan",
    "mapping_path",
    "restripe",
]
