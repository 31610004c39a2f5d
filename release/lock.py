"""The lock: every package of an installation for use, with the hashes of its files.

Run as ``python -m release.lock`` to write ``requirements.lock``; with ``--check``, to see that it
agrees with ``pyproject.toml`` and ``constraints.txt``, and that the index has what it names.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK, CONSTRAINTS = ROOT / "requirements.lock", ROOT / "constraints.txt"
EXTRAS = ("api", "excel", "exports", "oidc", "otel", "postgres", "serve")
"""Extras that an installation for use has; the others are for models and for development."""
HEADER = (
    "# Made by `make lock` from pyproject.toml and constraints.txt; `make lock-check` checks it.\n"
    "# pip install --require-hashes -r requirements.lock && pip install --no-deps audit\n"
)


def pins(path: Path) -> dict[str, Requirement]:
    """Return the pinned packages of a requirements file by name."""
    lines = (line.split("#")[0].strip(" \\\n") for line in path.read_text().splitlines())
    found = [Requirement(line) for line in lines if "==" in line and not line.startswith("--")]
    return {canonicalize_name(one.name): one for one in found}


def hashes(path: Path) -> dict[str, set[str]]:
    """Return the hashes that stand under each package of a lock."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in path.read_text().splitlines():
        if line.strip().startswith("--hash="):
            found[name].add(line.strip(" \\").removeprefix("--hash="))
        elif "==" in line and not line.startswith("#"):
            name = canonicalize_name(line.split("==")[0])
            found[name] = set()
    return found


def disagreements(lock: Path = LOCK, constraints: Path = CONSTRAINTS) -> list[str]:
    """Say where the lock does not fit ``pyproject.toml`` and ``constraints.txt``; asks no index."""
    locked, fixed = pins(lock), pins(constraints)
    said = [f"{name} has no hash" for name, given in hashes(lock).items() if not given]
    for name, one in locked.items():
        if name in fixed and fixed[name].specifier != one.specifier:
            said.append(
                f"{one.name}{one.specifier}, and {fixed[name].specifier} in {constraints.name}"
            )
    for wanted in _wanted():
        found = locked.get(canonicalize_name(wanted.name))
        if found is None:
            said.append(f"{wanted.name} is missing")
        elif not wanted.specifier.contains(next(iter(found.specifier)).version):
            said.append(f"{found.name}{found.specifier}, and {wanted.specifier} in pyproject.toml")
    return said


def _wanted() -> list[Requirement]:
    """Return what the package and the locked extras ask for directly."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras, wanted = list(EXTRAS), [Requirement(text) for text in project["dependencies"]]
    for extra in extras:  # grows by the extras that extras name
        for text in project["optional-dependencies"][extra]:
            one = Requirement(text)
            if one.name == project["name"]:
                extras.extend(one.extras - set(extras))
            else:
                wanted.append(one)
    return wanted


def compiled(target: Path) -> None:
    """Write a lock; what ``target`` pins already is kept where it fits."""
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    command = [
        sys.executable, "-m", "uv", "--quiet", "pip", "compile", "pyproject.toml",
        "-c", "constraints.txt", *extras, "--universal", "--python-version", "3.11",
        "--generate-hashes", "--no-header", "--no-annotate", "-o", str(target),
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def check() -> list[str]:
    """Return what is wrong with the lock, by its text and by the index."""
    said = disagreements()
    with tempfile.TemporaryDirectory() as place:
        again = Path(place) / LOCK.name
        again.write_text("".join(f"{one}\n" for one in pins(LOCK).values()))
        compiled(again)
        before, after = ({str(one) for one in pins(path).values()} for path in (LOCK, again))
        said += [f"{one} would be locked" for one in sorted(after - before)]
        said += [f"{one} is not asked for" for one in sorted(before - after)]
        indexed = hashes(again)
    for name, given in hashes(LOCK).items():
        if unknown := given - indexed.get(name, set()):
            said.append(f"{name}: the index has no file with {', '.join(sorted(unknown))}")
    return said


def main() -> int:
    """Write or check the lock."""
    if "--check" not in sys.argv[1:]:
        compiled(LOCK)
        LOCK.write_text(HEADER + LOCK.read_text().removeprefix(HEADER))
        return 0
    said = check()
    print("\n".join(said) or f"{LOCK.name}: {len(pins(LOCK))} packages, hashed, and they agree")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
