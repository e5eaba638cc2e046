"""What to do about each kind of finding: an exact ffmpeg command line, and ours."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .report import Remedy

# Keep the times as they are: by default ffmpeg would repeat and drop frames to even them out.
_SAME_TIMES = "-fps_mode passthrough -enc_time_base demux"
_ENCODE = "-c:v libx264 -crf 14 -pix_fmt yuv420p -c:a copy"


@dataclass(frozen=True)
class Subject:
    """The file that commands are about."""

    path: Path
    rate: str = "30"  # frames per second, as ffmpeg reads it
    width: int = 0
    height: int = 0

    @property
    def readable(self) -> bool:
        """Whether a command would find any picture in it."""
        return self.width > 0

    @property
    def source(self) -> str:
        return _word(str(self.path))

    def target(self, suffix: str | None = None) -> str:
        ending = suffix or self.path.suffix or ".mkv"
        return _word(str(self.path.with_name(f"{self.path.stem}-repaired{ending}")))


def _word(name: str) -> str:
    """A file name as one word of a shell command, and no option or protocol to ffmpeg."""
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    if name.startswith("-") or (":" in name and not name.startswith(("/", "."))):
        name = f"./{name}"
    return shlex.quote(name)


def remedy(code: str, subject: Subject, data: Mapping[str, Any]) -> Remedy | None:
    """The remedy for a finding; None when nothing is to be done."""
    source = subject.source
    copied = f"ffmpeg -i {source} -map 0 -c copy {subject.target()}"
    ours = f"reviewer restripe {source} {subject.target()}"

    def encoded(filters: str = "", before: str = "", times: str = _SAME_TIMES) -> str:
        chosen = f"-vf {shlex.quote(filters)} " if filters else ""
        lead = f"{before} " if before else ""
        return f"ffmpeg {lead}-i {source} {chosen}{times} {_ENCODE} {subject.target('.mp4')}"

    reencoded = f"reviewer restripe --reencode {source} {subject.target('.mp4')}"
    stamped = encoded(f"setpts=N/({subject.rate}*TB)")
    known: dict[str, Remedy] = {
        "unreadable": Remedy("Copy or download the file again, or get it from its source."),
        "missing-moov": Remedy(
            "Recover the file on the device that recorded it, or with a repair tool that takes "
            "a healthy recording of the same camera as a model; ffmpeg cannot."
        ),
        "decoder-failure": Remedy(
            "Re-encode what can be decoded, and label that.",
            encoded(before="-err_detect ignore_err"), reencoded,
        ),
        "truncated": Remedy(
            "Copy the whole file again. If there is no more of it, close what there is properly.",
            copied, ours,
        ) if subject.readable else Remedy("Copy the whole file again."),
        "no-leading-key-frame": Remedy(
            "Begin at the first key frame; nothing that can be decoded is lost.",
            f"ffmpeg -ss {data.get('first_key_time', 0)} -i {source} -map 0 -c copy "
            f"{subject.target()}",
            ours,
        ),
        "decode-corruption": Remedy(
            "What was lost cannot be brought back: copy the file again if there is a better "
            "copy. Otherwise leave these frames out; re-encoding at least makes every tool see "
            "the same pictures.",
            encoded(before="-err_detect ignore_err -flags +output_corrupt"), reencoded,
        ),
        "corrupt-packet": Remedy(
            "Record or copy it again if you can; otherwise leave these frames out.",
            encoded(before="-err_detect ignore_err -flags +output_corrupt"), reencoded,
        ),
        "concealed": Remedy("Leave these frames out, or get a better copy; no tool restores them."),
        "suspect-after-gap": Remedy("Look at these frames; leave out those that are smeared."),
        "missing-frames": Remedy(
            "Nothing is needed to label it here. For tools that count in frames, close the gaps "
            "(losslessly), or fill them with repeated pictures (ffmpeg).",
            encoded(times=f"-fps_mode cfr -r {subject.rate}"), ours,
        ),
        "duplicate-pts": Remedy("Give each frame a time of its own.", stamped, ours),
        "duplicate-packets": Remedy(
            "Take the repetitions out, before labelling.", encoded("mpdecimate=max=1"), ours,
        ),
        "non-monotonic-pts": Remedy(
            "Number the pictures in the order the decoder gives them.", stamped, ours
        ),
        "timestamp-wrap": Remedy("Let the times start at 0.", f"{copied}", ours),
        "variable-rate": Remedy(
            "Nothing is needed to label it here. For tools that cannot do without a constant "
            "rate, before labelling: space the same pictures evenly (losslessly), or repeat and "
            "drop some so that each stays at its time (ffmpeg).",
            encoded(times=f"-fps_mode cfr -r {subject.rate}"), ours,
        ),
        "duration-mismatch": Remedy("Have the header written anew.", copied, ours),
        "count-mismatch": Remedy("Have the header written anew.", copied, ours),
        "edit-list": Remedy(
            "Nothing is needed to label it here. For tools that ignore edit lists, cut the hidden "
            "pictures off for good; this needs re-encoding.",
            encoded(), reencoded,
        ),
        "frozen": Remedy("Check the recording; leave these frames out of training for motion."),
        "black": Remedy("Leave these frames out."),
        "size-change": Remedy(
            "Bring all pictures to one size.",
            encoded(f"scale={subject.width}:{subject.height}"), reencoded,
        ),
        "interlaced": Remedy(
            "Nothing is needed to label it. To get rid of the combs, keep one moment a frame.",
            encoded("bwdif=mode=send_frame"), reencoded,
        ),
        "rotation": Remedy(
            "Nothing is needed to label it here. For tools that ignore rotation, turn the pictures "
            "themselves.",
            encoded(), reencoded,
        ),
        "browser-codec": Remedy(
            "Nothing is needed. For faster scrubbing, re-encode before labelling.",
            encoded(), reencoded,
        ),
        "bit-depth": Remedy("Nothing is needed. To get 8 bits:", encoded(), reencoded),
    }  # fmt: skip
    if code == "gop-structure" and data.get("slow"):
        return Remedy(
            "Shorten the distance between key frames; this needs re-encoding.",
            encoded(times=f"{_SAME_TIMES} -g 60"),
            reencoded,
        )
    return known.get(code)
