"""Fuzz one target for a time, guided by the lines that are reached (atheris).

Run as ``python -m tests.fuzz.guided TARGET SECONDS``; exits with libFuzzer's status, which is not 0
where an input was found. It lies in ``found/TARGET/`` then, and every run of the tests tries it.
"""

from __future__ import annotations

import sys

import atheris


def main() -> None:
    """Instrument the package, then feed the target what reaches new lines."""
    with atheris.instrument_imports(include=["audit"]):
        from tests.fuzz.edits import values_mutated
        from tests.fuzz.targets import FOUND, TARGETS, folder, seeds

        for name, target in TARGETS.items():  # also what is imported where it is used
            for data in seeds(name):
                target(data)

    name, seconds = sys.argv[1], int(sys.argv[2])
    corpus = folder() / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds(name)):
        (corpus / str(number)).write_bytes(data)
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    options = [
        f"-artifact_prefix={found}/",
        f"-max_len={4 * max(map(len, seeds(name)))}",
        f"-max_total_time={seconds}",
        "-timeout=60",
        "-rss_limit_mb=4096",
        "-close_fd_mask=1",
    ]

    def mutated(data: bytes, most: int, number: int) -> bytes:
        """Edit values of the document, or bytes as libFuzzer does; most of those end early."""
        if number % 2:
            return values_mutated(name, data, number)[:most]
        return atheris.Mutate(data, min(len(data), most))

    atheris.Setup(
        [sys.argv[0], *options, str(corpus), str(found)], TARGETS[name], custom_mutator=mutated
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
