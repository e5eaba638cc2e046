"""Checks mutated files one after another, in a process that a test watches.

Arguments: a seed file, first and last seed, a folder to work in. Prints a line before and after
each mutation, with the seconds it took and the most memory used so far.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from reviewer.format.errors import VideoError
from reviewer.format.video.check import Report, check_video, describe

from tests.format.video_check.mutate import mutate

MEMORY_BYTES = 6 << 30  # what the check's own process may have


def main() -> None:
    source, first, last, folder = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    data = Path(source).read_bytes()
    target = Path(folder) / f"mutant-{first}{Path(source).suffix}"
    for seed in range(int(first), int(last)):
        target.write_bytes(mutate(data, seed))
        print(json.dumps({"seed": seed}), flush=True)
        started = time.monotonic()
        try:
            report = check_video(target, isolated=False)
            outcome = str(report.severity) if report.readable else "unreadable"
            assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
            assert len(report.frame_flags()) == report.frame_count
            assert describe(report)
        except VideoError as error:
            outcome = f"refused: {error}"
        except MemoryError:
            outcome = "out of memory"
        took = time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        done = {"seed": seed, "outcome": outcome, "seconds": round(took, 3), "peak_kb": peak}
        print(json.dumps(done), flush=True)
    target.unlink()


if __name__ == "__main__":
    main()
