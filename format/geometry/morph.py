"""What lies between two masks under ``morph``: their signed distances to the outline, blended.

The masks are laid over each other so that a mask that merely moves keeps its form: the right one is
shifted by whole pixels until the centres of mass agree, and what lies in between is shifted back
part of the way. A mask that contains the other is not shifted, so that the masks in between
contain each other too. On the keyframes the very masks are returned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import mask as masks
from .distance import distances
from .mask import Mask

# Beyond this many pixels of both masks' common box the left one holds: a picture of 8192 x 8192.
MAX_MORPH_PIXELS = 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class Morph:
    """Two masks with everything between them, prepared once for any number of moments.

    ``start`` and ``change`` float32 ``(height, width)``, px: over the common box whose top-left
    pixel is ``(x, y)``, a pixel is in the mask at ``t`` when ``start + t * change > 0``. The result
    moves by ``t * (dx, dy)`` px, rounded. None where there is nothing to blend: the left one holds.
    """

    left: Mask
    right: Mask
    x: int
    y: int
    dx: int
    dy: int
    start: NDArray[np.float32] | None
    change: NDArray[np.float32] | None

    def at(self, t: float) -> Mask:
        """The mask at ``t``, from 0 (left keyframe) to 1 (right keyframe)."""
        if t >= 1.0:
            return self.right
        if t <= 0.0 or self.start is None or self.change is None:
            return self.left
        pixels = self.start + np.float32(t) * self.change > 0
        x = self.x + int(np.floor(t * self.dx + 0.5))
        y = self.y + int(np.floor(t * self.dy + 0.5))
        return masks.from_array(pixels, x, y)


def between(left: Mask, right: Mask) -> Morph:
    """Prepare what lies between two keyframes.

    Where either is empty, or their common box is larger than MAX_MORPH_PIXELS, the left one holds.
    """
    both = masks.intersection(left, right)
    if left == right or not left.area or not right.area:
        return Morph(left, right, 0, 0, 0, 0, None, None)
    if both in (left.area, right.area):
        dx = dy = 0
    else:
        (ax, ay), (bx, by) = _centre(left), _centre(right)
        dx, dy = int(np.floor(bx - ax + 0.5)), int(np.floor(by - ay + 0.5))
    laid = right.moved(-dx, -dy)
    # one pixel more on each side: the nearest pixel outside a mask may be there
    x, y = min(left.x, laid.x) - 1, min(left.y, laid.y) - 1
    width = max(left.x + left.width, laid.x + laid.width) + 1 - x
    height = max(left.y + left.height, laid.y + laid.height) + 1 - y
    if width * height > MAX_MORPH_PIXELS:
        return Morph(left, right, 0, 0, 0, 0, None, None)
    box = (x, y, width, height)
    start = signed_distances(masks.to_array(left, box))
    change = signed_distances(masks.to_array(laid, box)) - start
    return Morph(left, right, x, y, dx, dy, start, change)


def signed_distances(pixels: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance in px from each pixel's centre to the outline, positive inside; float32.

    The outline runs halfway between a pixel inside and its nearest one outside. ValueError unless
    there are pixels of both sorts.
    """
    half = np.float32(0.5)
    return np.where(pixels, distances(~pixels) - half, half - distances(pixels))


def _centre(mask: Mask) -> tuple[float, float]:
    """The centre of mass, px."""
    spans = mask.spans()
    lengths = spans.bottom - spans.top
    total = mask.area
    x = float((spans.column * lengths).sum() / total) + 0.5
    y = float(((spans.top + spans.bottom) * lengths).sum() / (2 * total))
    return x, y
