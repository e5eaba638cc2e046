"""``reviewer restripe VIDEO OUT``."""

from __future__ import annotations

import argparse
import shlex
import sys
from fractions import Fraction

import orjson

from .format.video.restripe import Restriped
from .format.video.restripe import restripe as restripe_file
from .stages import stages
from .widgets.text import inert

MAX_RATE = 1000


def restripe(options: argparse.Namespace) -> int:
    """Write a mended copy. Exit code 1 when something is left that only re-encoding could mend."""
    with stages() as stage:
        done = restripe_file(
            options.video,
            options.output,
            stream=options.stream,
            keep_gaps=options.keep_gaps,
            rate=options.rate,
            reencode=options.reencode,
            replace=options.force,
            progress=stage,
        )
    if options.json:
        option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        sys.stdout.write(orjson.dumps(done.to_json(), option=option).decode())
    else:
        for line in _lines(done):
            print(inert(line))
    return 1 if done.left else 0


def _lines(done: Restriped) -> list[str]:
    old, new = done.mapping.old.frame_count, done.mapping.new.frame_count
    how = "encoded anew" if done.reencoded else "copied without loss"
    lines = [f"Wrote {done.out}: {new:,} frames of {old:,}, {how}."]
    lines += [f"  Encoded anew because {reason}." for reason in done.reencoded]
    lines += [f"  {step.text}" for step in done.steps]
    if len(done.mapping.lost):
        lines.append(f"  {len(done.mapping.lost):,} old frames have no counterpart.")
    if len(done.mapping.added):
        lines.append(f"  {len(done.mapping.added):,} new frames were not shown before.")
    lines += [f"  Still so: {what}; --reencode mends it." for what in done.left]
    lines.append(f"Which frame became which: {done.mapping_file}")
    out = shlex.quote(str(done.out))
    lines.append(f"Carry a project over with: reviewer remap DIR --video {out}")
    return lines


def frame_rate(text: str) -> Fraction:
    """Frames per second as typed: 25, 29.97 or 30000/1001."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"a rate is 25 or 30000/1001, not {text!r}") from None
    if not Fraction(1, 1000) <= rate <= MAX_RATE:
        raise argparse.ArgumentTypeError(f"a rate is at most {MAX_RATE} frames per second")
    for known in (Fraction(n * 1000, 1001) for n in (24, 30, 60, 120)):
        if abs(rate - known) < Fraction(1, 1000):
            return known  # 29.97 means 30000/1001
    return rate.limit_denominator(1001)


__all__ = ["frame_rate", "restripe"]
