"""What lies between two keyframes of every kind of geometry, as pure functions over arrays.

Rooms of the engine, which alone calls them to evaluate; texts and checks are for everyone.
Shapes and masks are immutable values; nothing here knows a project, a frame number or a screen.
"""

from . import angles, checks, cvat, mask, morph, paths, raster, wkt
from .mask import Mask
from .shape import MAX_COORDINATE_PX, PathKind, Shape
from .smooth import smooth

__all__ = [
    "MAX_COORDINATE_PX",
    "Mask",
    "PathKind",
    "Shape",
    "angles",
    "checks",
    "cvat",
    "mask",
    "morph",
    "paths",
    "raster",
    "smooth",
    "wkt",
]
