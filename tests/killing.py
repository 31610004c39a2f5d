"""Kill an audit with SIGKILL at many points and resume it, again and again, from one process.

Run as ``python -m tests.killing FOLDER KILLS SEED``: prints one JSON line for each run, until there
were KILLS kills; a run is killed up to five times. Each attempt is a process of its own, forked
from this one, which has loaded the libraries already. Half of the kills come from a clock; the
others from a layer below the log that kills between two steps of writing, and then loses some or
all of what was not synced.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import traceback
from io import FileIO
from pathlib import Path

import audit.runlog.writing
from audit.pipeline import RunOptions, run_audit
from audit.records import ClassifierOptions

STEPS = ("before the write", "half written", "written and lost", "written, not synced", "synced")
BATCH = 8
PAUSE = 0.055  # longer than the log waits between two writes, so that each is one batch
CLASSIFIER = '''
import os, time
from pathlib import Path

ASKED = Path(__file__).with_name("asked.txt")

def classify(texts) -> list[str]:
    """Write down what is asked, and take longer than the log waits between two writes."""
    handle = os.open(ASKED, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, "".join(text + "\\n" for text in texts).encode())
    os.close(handle)
    time.sleep({pause})
    return ["Negative" if len(text) % 3 else "Positive" for text in texts]
'''


class FaultyFile(FileIO):
    """A file that holds back what is not synced, and kills its process at one step of a write."""

    kill_at: tuple[int, str] | None = None  # (which write, which step)

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.writes, self.pending = 0, b""

    def write(self, data: bytes) -> int:
        self.writes += 1
        self.pending += bytes(data)
        self.perhaps_die("before the write", 0.0)
        self.perhaps_die("half written", 0.5)
        self.perhaps_die("written and lost", 0.0)
        self.perhaps_die("written, not synced", 1.0)
        return len(data)

    def sync(self) -> None:
        super().write(self.pending)
        self.pending = b""
        self.perhaps_die("synced", 1.0)

    def perhaps_die(self, step: str, kept: float) -> None:
        """Keep a share of what is pending, as a kernel may, and die."""
        if self.kill_at == (self.writes, step):
            super().write(self.pending[: int(len(self.pending) * kept)])
            os.kill(os.getpid(), signal.SIGKILL)


def attempt(probe: Path, folder: Path, kill_at: tuple[int, str] | None, after: float) -> bool:
    """Start or resume the run in a child, and say whether it got to its end."""
    runs = sorted((folder / "out").glob("2*"))
    resume = runs[0] if runs and b"\n" in (runs[0] / "run.jsonl").read_bytes() else None
    if resume is None and runs:  # killed before the header was whole: nothing to resume
        (runs[0] / "run.jsonl").unlink()
        runs[0].rmdir()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            files: dict[int, FaultyFile] = {}
            FaultyFile.kill_at = kill_at

            def opened(*arguments: object) -> FaultyFile:
                file = FaultyFile(*arguments)
                files[file.fileno()] = file
                if after:
                    die = threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL))
                    die.daemon = True
                    die.start()
                return file

            real = os.fsync
            audit.runlog.writing.FileIO = opened  # type: ignore[attr-defined,assignment,misc]
            os.fsync = lambda n: files[n].sync() if n in files and not files[n].closed else real(n)  # type: ignore
            target = f"python:{folder / 'target.py'}:classify"
            options = RunOptions(classifier=ClassifierOptions(batch_size=BATCH))
            run_audit(probe, target, output=folder / "out", options=options, resume=resume)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"an attempt failed: {kill_at}, {after}")
    return True


def main() -> None:
    """Kill and resume; report kills, texts asked, and the results."""
    folder, wanted, seed = Path(sys.argv[1]), *map(int, sys.argv[2:])
    rng, probe, killed, number = random.Random(seed), folder / "small.yaml", -1, 0
    while killed < wanted:
        place = folder / str(number)
        place.mkdir()
        asked = place / "asked.txt"
        (place / "target.py").write_text(CLASSIFIER.format(pause=PAUSE))
        kills = 5 if number else 0  # the first run is the one that nothing stops
        points, done = [], False
        while len(points) < kills and not done:
            by_clock = rng.random() < 0.5
            after = rng.uniform(0.001, 0.5) if by_clock else 0.0
            point = None if by_clock else (rng.randint(1, 4), rng.choice(STEPS))
            done = attempt(probe, place, point, after)
            points += [] if done else [point or f"after {after:.3f} s"]
        if not done:
            attempt(probe, place, None, 0.0)
        texts = asked.read_text().splitlines()
        record = {
            "killed": points, "asked": len(texts), "distinct": len(set(texts)),
            "results": json.loads(next((place / "out").glob("2*/results.json")).read_text()),
        }  # fmt: skip
        print(json.dumps(record), flush=True)
        killed, number = max(killed, 0) + len(points), number + 1


if __name__ == "__main__":
    main()
