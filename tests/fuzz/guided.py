"""Fuzz one target for a time, guided by the lines that are reached (atheris).

Run as ``python -m tests.fuzz.guided TARGET SECONDS``; exits with libFuzzer's status.
"""

from __future__ import annotations

import sys

import atheris


def main() -> None:
    """Instrument the package, then feed the target what reaches new lines."""
    with atheris.instrument_imports(include=["audit"]):
        from tests.fuzz.targets import TARGETS, folder, seeds

    name, seconds = sys.argv[1], int(sys.argv[2])
    corpus = folder() / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds(name)):
        (corpus / str(number)).write_bytes(data)
    options = [
        f"-max_total_time={seconds}",
        "-timeout=60",
        "-rss_limit_mb=4096",
        "-close_fd_mask=1",
    ]
    atheris.Setup([sys.argv[0], str(corpus), *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
