"""The kinds of findings: how bad each is, which frames it marks, what it means for labels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag, StrEnum


class Severity(StrEnum):
    """How bad a finding is: a note needs no action, an error spoils labels or hides frames."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Flag(IntFlag):
    """What can be wrong with a single frame; the bits of ``Report.frame_flags()``."""

    DAMAGED = 1  # decoded from damaged or missing data
    MISSING_BEFORE = 2  # frames are missing between the previous frame and this one
    DUPLICATED = 4  # a repetition of the previous frame
    FROZEN = 8  # in a stretch of identical pictures
    BLACK = 16
    CONCEALED = 32  # the decoder filled in what it could not decode, or grey stands in for it
    SUSPECT = 64  # perhaps damaged: its codec cannot tell


@dataclass(frozen=True)
class Code:
    """A kind of finding."""

    severity: Severity  # the usual one
    meaning: str  # for labels, in a sentence or two
    flag: Flag | None = None  # what it marks each of its frames with


_NOTE, _WARNING, _ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR

CODES: dict[str, Code] = {
    "unreadable": Code(
        _ERROR, "There are no frames to label until the file is replaced or repaired."
    ),
    "missing-moov": Code(
        _ERROR,
        "The index that says where pictures lie was never written, so no frame can be shown. The "
        "pictures may still be in the file.",
    ),
    "decoder-failure": Code(
        _ERROR,
        "What was found up to then is reported; the rest of the file was not looked at.",
    ),
    "truncated": Code(
        _ERROR,
        "The recording went on, but its end is not in this file. Labels made on a complete copy "
        "keep their frame numbers up to here.",
    ),
    "no-leading-key-frame": Code(
        _WARNING,
        "Pictures before the first key frame refer to pictures that the file does not have. They "
        "are left out, or come out damaged, and tools differ in how many they count.",
        Flag.DAMAGED,
    ),
    "decode-corruption": Code(
        _ERROR,
        "These frames show something else than the camera saw. Labels on them are guesses; leave "
        "them out of training.",
        Flag.DAMAGED,
    ),
    "corrupt-packet": Code(
        _ERROR,
        "The transmission lost data here. The frames that depend on it are damaged.",
        Flag.DAMAGED,
    ),
    "concealed": Code(
        _WARNING,
        "Parts of these pictures were made up (grey, copied or smeared). What is labelled there "
        "may not have been there.",
        Flag.CONCEALED,
    ),
    "suspect-after-gap": Code(
        _WARNING,
        "These pictures build on a frame that may be missing, and the codec does not tell. Look "
        "for smears before you label them.",
        Flag.SUSPECT,
    ),
    "missing-frames": Code(
        _WARNING,
        "Things move further between these two frames than between others. Interpolation runs "
        "over time, so positions stay right; counting frames as seconds does not.",
        Flag.MISSING_BEFORE,
    ),
    "duplicate-pts": Code(
        _WARNING,
        "Two frames claim the same moment. Tools that look frames up by time never show one of "
        "them.",
        Flag.DUPLICATED,
    ),
    "duplicate-packets": Code(
        _WARNING,
        "The same data comes twice, so a frame repeats its predecessor and later frame numbers "
        "are shifted against the original.",
        Flag.DUPLICATED,
    ),
    "non-monotonic-pts": Code(
        _ERROR,
        "The times do not rise in the order of the pictures, so that players show them in "
        "different orders and frame numbers mean different pictures elsewhere.",
    ),
    "timestamp-wrap": Code(
        _WARNING,
        "The clock of the recording starts over. Frame numbers are not affected; tools that "
        "calculate with raw times jump or stop here.",
    ),
    "variable-rate": Code(
        _WARNING,
        "Frame number divided by rate is not the time of a frame. Use frame numbers, or the times "
        "that exports carry.",
    ),
    "duration-mismatch": Code(
        _WARNING,
        "The file says it lasts longer or shorter than its frames do. Tools that multiply the "
        "duration by the rate count wrong frames.",
    ),
    "count-mismatch": Code(
        _WARNING,
        "The file's header announces another number of frames than it holds. Tools that believe "
        "it number or allocate wrongly.",
    ),
    "edit-list": Code(
        _WARNING,
        "The file holds pictures that it asks players not to show. They have no number here; "
        "tools that ignore the request count them, and their frame numbers are shifted.",
    ),
    "frozen": Code(
        _WARNING,
        "The picture stands still although time passes. Motion that was labelled here did not "
        "come from the picture.",
        Flag.FROZEN,
    ),
    "repeated-pictures": Code(
        _NOTE,
        "Single pictures are shown twice, as rate conversion does. What moves stands still for a "
        "frame and then jumps.",
        Flag.DUPLICATED,
    ),
    "black": Code(_WARNING, "There is nothing to see, hence nothing to label.", Flag.BLACK),
    "size-change": Code(
        _WARNING,
        "Pictures are scaled to the first one's size when shown, so coordinates stay comparable "
        "only if the view did not change.",
    ),
    "interlaced": Code(
        _NOTE,
        "Each frame holds two moments, one in the even and one in the odd lines: edges of what "
        "moves are combed. Label the middle.",
    ),
    "rotation": Code(
        _NOTE,
        "Coordinates are those of the upright picture. Tools that ignore the rotation see the "
        "picture, and coordinates, turned.",
    ),
    "bit-depth": Code(
        _NOTE,
        "Pictures are converted to 8 bits to be shown; labels are not affected.",
    ),
    "browser-codec": Code(
        _NOTE,
        "Browsers cannot decode this file by themselves. The page shows exact pictures that the "
        "server decodes: labels are as good, scrubbing is slower.",
    ),
    "gop-structure": Code(
        _NOTE, "How far apart decoding can begin decides how fast a far frame is shown."
    ),
}
