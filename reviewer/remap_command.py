"""``reviewer remap DIR --video NEW``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import Any

import orjson

from .format import Project
from .format.remap import Found, Survey, find_mapping, read_asides, remap_project, survey
from .format.video import Video, VideoIndex
from .stages import stages
from .widgets.text import inert

_HOW = {
    "mapping": "by the mapping file",
    "times": "by their times",
    "pictures": "by comparing the pictures",
}
_LISTED = 10


def remap(options: argparse.Namespace) -> int:
    """Carry a project over to another file of its video. Exit code 1 when keyframes were (or, with
    ``--dry-run``, would be) set aside."""
    with stages() as stage:
        opening = f"Opening {inert(options.directory.name)}"
        with Project.open(options.directory, progress=stage(opening)) as project:
            for problem in project.warnings:
                print(f"reviewer: {inert(problem)}", file=sys.stderr)
            indexing = stage(f"Indexing {inert(options.video.name)}")
            index = VideoIndex.build(options.video, indexing, options.stream)
            with Video(options.video, index=index) as new:
                old = None if project.video_problem else project.video
                found = find_mapping(
                    project.record, project.pts, old, new,
                    mapping_file=options.mapping, progress=stage,
                )  # fmt: skip
            effect = survey(project, found.mapping, index)
            name = options.video.name
            if not options.dry_run:
                stage("Writing")
                label = f"Change the video to {name}"
                remap_project(project, found.mapping, index, options.video, label)
            asides = len(read_asides(project.path))
    if options.json:
        option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        value = _json(found, effect, done=not options.dry_run)
        sys.stdout.write(orjson.dumps(value, option=option).decode())
    else:
        for line in _lines(found, effect, asides, options):
            print(inert(line))
    return 1 if effect.lost else 0


def _json(found: Found, effect: Survey, *, done: bool) -> dict[str, Any]:
    mapping = found.mapping
    return {
        "done": done,
        "old_frames": mapping.old.frame_count,
        "new_frames": mapping.new.frame_count,
        "matched_by": found.how,
        "matched": mapping.placed,
        "without_partner": mapping.lost.tolist(),
        "new_without_partner": mapping.added.tolist(),
        "keyframes": effect.to_json(),
        "notes": list(found.notes),
    }


def _lines(found: Found, effect: Survey, asides: int, options: argparse.Namespace) -> list[str]:
    mapping = found.mapping
    old, new = mapping.old.frame_count, mapping.new.frame_count
    lines = [f"Note: {note.rstrip('.')}." for note in found.notes]
    lines.append(f"{mapping.placed:,} of {old:,} frames found in {options.video.name}, "
                 f"{_HOW[found.how]}.")  # fmt: skip
    if len(mapping.lost):
        lines.append(f"  {len(mapping.lost):,} frames are gone: {ranges(mapping.lost.tolist())}")
    if len(mapping.added):
        lines.append(f"  {len(mapping.added):,} of its {new:,} frames are new: "
                     f"{ranges(mapping.added.tolist())}")  # fmt: skip
    lines.append(f"{effect.kept:,} keyframes keep their picture; {effect.moved:,} of them get "
                 "another frame number.")  # fmt: skip
    if effect.postponed:
        lines.append(f"  {effect.postponed:,} values whose frame is gone take effect at the next "
                     "frame that is left.")  # fmt: skip
    if effect.lost:
        lines.append(f"{len(effect.lost):,} keyframes have no frame any more and "
                     f"{'would be' if options.dry_run else 'were'} set aside:")  # fmt: skip
        by_track = Counter((one.name, one.property) for one in effect.lost)
        for (name, property_name), count in by_track.most_common(_LISTED):
            frames = [one.frame for one in effect.lost
                      if (one.name, one.property) == (name, property_name)]  # fmt: skip
            lines.append(f"  {name}, {property_name}: {count:,} (old frames {ranges(frames)})")
        if len(by_track) > _LISTED:
            lines.append(f"  and {len(by_track) - _LISTED:,} more tracks")
    if effect.shifted and effect.furthest is not None:
        who, frame = effect.furthest
        lines.append(f"Between keyframes {effect.shifted:,} boxes change by over half a pixel, at "
                     f"most by {effect.furthest_px:.1f} ({who}, old frame {frame}).")  # fmt: skip
    if options.dry_run:
        lines.append("Nothing was changed (--dry-run).")
    else:
        lines.append("Done, as one edit: undo brings the former video and every keyframe back.")
        if asides:
            lines.append(f"{asides:,} keyframes lie set aside in {options.directory}/remapped.")
    return lines


def ranges(frames: list[int], most: int = 8) -> str:
    """Frames as people list them: 3, 7-9, 20."""
    parts: list[str] = []
    place = 0
    while place < len(frames):
        stop = place
        while stop + 1 < len(frames) and frames[stop + 1] == frames[stop] + 1:
            stop += 1
        first, last = frames[place], frames[stop]
        parts.append(f"{first}" if first == last else f"{first}-{last}")
        place = stop + 1
    shown = ", ".join(parts[:most])
    return f"{shown} and more" if len(parts) > most else shown
