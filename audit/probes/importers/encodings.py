"""Which encoding a file is in: proven, or named by the caller, never guessed silently."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.errors import ConfigError
from audit.probes.wording import visible

_CHUNK = 1 << 20
_SAMPLE = 1 << 22
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32 with a byte order mark"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32 with a byte order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 with a byte order mark"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 with a byte order mark"),
)
_NAMES = {"windows-1252": "Windows-1252", "mac-roman": "Mac Roman"}
_NEAR = re.compile(rb".?[\x80-\xff].?", re.DOTALL)
_QUOTES = "“”‘’–—…«»"


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec, and how it is known: ``name`` is for people."""

    codec: str
    name: str
    how: str


def find_encoding(path: Path, named: str | None = None) -> Encoding:
    """Return the encoding of a text file.

    Parameters
    ----------
    path : Path
        The file; it is read in chunks, so its size does not matter.
    named : str, optional
        What the caller says it is (``--encoding``); the file must then decode as that.

    Returns
    -------
    Encoding

    Raises
    ------
    ConfigError
        If the file is neither marked nor valid UTF-8 and nobody named its encoding: the message
        shows how the first such line reads as Windows-1252 and as Mac Roman. Also if ``named`` is
        no text encoding, or the file is not in it.
    """
    if named is not None:
        return _named(path, named)
    with path.open("rb") as stream:
        start = stream.read(4)
    for mark, codec, name in _MARKS:
        if start.startswith(mark):
            _check(path, codec, name)
            return Encoding(codec, name, "the file says so")
    try:
        _decode(path, "utf-8")
    except UnicodeDecodeError as error:
        raise _doubtful(path) from error
    return Encoding("utf-8", "UTF-8", "every byte of the file fits")


def _named(path: Path, named: str) -> Encoding:
    """Return the encoding that the caller named."""
    try:
        codec = codecs.lookup(named)
        is_text = isinstance(codec.decode(b"")[0], str)
    except (LookupError, UnicodeError):
        is_text = False
    if not is_text:
        raise ConfigError(
            f"{named[:40]!r} is no text encoding",
            where="--encoding",
            hint="for example utf-8, windows-1252 or mac-roman",
        )
    name = "utf-8-sig" if codec.name == "utf-8" else codec.name
    _check(path, name, named)
    return Encoding(name, named, "named with --encoding")


def _check(path: Path, codec: str, name: str) -> None:
    """Refuse a file that is not in the encoding it should be in."""
    try:
        _decode(path, codec)
    except UnicodeError as error:
        raise ConfigError(
            f"the file is not {name}", where=path.name, hint="name another one with --encoding"
        ) from error


def _decode(path: Path, codec: str) -> None:
    """Decode a whole file, a chunk at a time."""
    decoder = codecs.getincrementaldecoder(codec)()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
    decoder.decode(b"", final=True)


def _doubtful(path: Path) -> ConfigError:
    """Say what the file could be, with its own words in each reading."""
    number, line = _first_foreign_line(path)
    found = [line, *(match.group() for match in _neighbourhoods(path))]
    scores = {codec: sum(_plausible(piece, codec) for piece in found) for codec in _NAMES}
    readings = "; ".join(
        f"read as {name} line {number} says “{visible(line.decode(codec, 'replace'))[:120]}”"
        for codec, name in _NAMES.items()
    )
    best = max(scores, key=lambda codec: scores[codec])
    likely = "which of the two cannot be told"
    if len(set(scores.values())) > 1:
        likely = f"{_NAMES[best]} is more likely"
    return ConfigError(
        f"the file is not UTF-8, although nothing in it says what else: {readings}; {likely}",
        where=f"{path.name}:{number}",
        hint=f"look at the two readings and confirm the right one, e.g. --encoding {best}",
    )


def _first_foreign_line(path: Path) -> tuple[int, bytes]:
    """Return the first line that is no UTF-8, with its number."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                begin = max(error.start - 60, 0)
                return number, line[begin : error.start + 60].strip()
    return 1, b""


def _neighbourhoods(path: Path) -> Iterator[re.Match[bytes]]:
    """Yield the bytes outside ASCII with what stands beside them."""
    with path.open("rb") as stream:
        return _NEAR.finditer(stream.read(_SAMPLE))


def _plausible(piece: bytes, codec: str) -> int:
    """Count what looks like writing in one reading: letters in words, quotes at their edges."""
    text = piece.decode(codec, "replace")
    score = 0
    for place, sign in enumerate(text):
        if ord(sign) < 128:
            continue
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        in_word = before.isalpha() or after.isalpha()
        if sign.isalpha() and sign.islower() == ((before or after).islower()) and in_word:
            score += 2
        elif sign in _QUOTES:
            score += 1
        else:
            score -= 1
    return score
