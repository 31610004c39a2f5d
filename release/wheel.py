"""The wheel: built, installed without the source tree, and used from another folder.

Run as ``python -m release.wheel``: the environment is made of the packages that are installed here;
``--locked`` installs ``requirements.lock`` with its hashes instead. ``--keep FOLDER`` keeps the
wheel and ``sbom.json``, what the environment holds (CycloneDX).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from release.lock import LOCK, ROOT

SET = "disability"
"""The probe set of the smoke test's audit."""


def built(place: Path) -> Path:
    """Build the wheel into a folder, with the build tools that are installed here."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return next(place.glob("*.whl"))


def missing_data(wheel: Path) -> list[str]:
    """Return the data files of the package and the probe sets that are not in a wheel."""
    held = set(zipfile.ZipFile(wheel).namelist())
    data = [path for path in (ROOT / "audit").rglob("*") if path.is_file()]
    wanted = {str(path.relative_to(ROOT)) for path in data if "__pycache__" not in path.parts}
    probes = [path for path in (ROOT / "probes").rglob("*") if path.is_file()]
    wanted |= {f"audit/probes/shipped/{path.relative_to(ROOT / 'probes')}" for path in probes}
    return sorted(wanted - held)


def strangers(wheel: Path) -> list[str]:
    """Return what a wheel holds besides the package and its description."""
    names = zipfile.ZipFile(wheel).namelist()
    return [name for name in names if name.split("/")[0].split("-")[0] != "audit"]


def installed(wheel: Path, place: Path, *, locked: bool = False) -> Path:
    """Make an environment, install the wheel into it, and return its folder of commands.

    Parameters
    ----------
    wheel, place : Path
        What to install, and the folder of the environment.
    locked : bool
        Install the lock with its hashes; else the packages installed here are found by a path.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    commands = place / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(commands / "python"), "install", "--quiet"]
    if locked:
        whole = ["--require-hashes", "--no-deps", "--requirement", str(LOCK)]
        subprocess.run([*pip, *whole], check=True)
    else:
        packages = next((place / "lib").glob("python*")) / "site-packages"
        here = [path for path in sys.path if path.endswith("site-packages")]
        (packages / "borrowed.pth").write_text("\n".join(here))
    alone = ["--no-deps", "--no-index", "--ignore-installed", str(wheel)]
    subprocess.run([*pip, *alone], check=True)
    return commands


def smoke(commands: Path, place: Path) -> list[str]:
    """Use an installation from another folder; return what did not work."""
    environment = {"PATH": f"{commands}:{os.defpath}", "HOME": str(place), "NO_COLOR": "1"}

    def said(*words: str, statuses: Sequence[int] = (0,)) -> str:
        done = subprocess.run(
            words, cwd=place, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode not in statuses:
            problems.append(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    problems: list[str] = []
    where = said("python", "-c", "import audit; print(audit.__file__)").strip()
    if not Path(where).is_relative_to(commands.parent):
        problems.append(f"the package comes from {where}")
    for words in (("--help",), ("serve", "--help"), ("monitor", "--help")):
        said("audit", *words)
    if SET not in said("audit", "probes", "list"):
        problems.append(f"no probe set {SET}")
    decided = (0, 1, 4)
    said("audit", "run", SET, "--model", "vader", "--output", "reports", statuses=decided)
    said("audit", "report", "reports/latest", "--lang", "ja", statuses=decided)
    page = place / "reports" / "latest" / "index.ja.html"
    if not page.is_file() or 'lang="ja"' not in page.read_text():
        problems.append("no report in Japanese")
    store = "sqlite:///decisions.db"
    said("python", "-c", f"from audit.store import open_store; open_store({store!r})")
    return problems


def main() -> int:
    """Build, install, use and describe the wheel."""
    parser = argparse.ArgumentParser(prog="release.wheel")
    parser.add_argument("--locked", action="store_true")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        wheel = built(place)
        said = [f"not in the wheel: {name}" for name in missing_data(wheel)]
        said += [f"in the wheel: {name}" for name in strangers(wheel)]
        commands = installed(wheel, place / "environment", locked=options.locked)
        (place / "elsewhere").mkdir()
        said += smoke(commands, place / "elsewhere")
        if options.keep:
            options.keep.mkdir(exist_ok=True)
            shutil.copy(wheel, options.keep)
            describe(commands, options.keep / "sbom.json")
    print("\n".join(said) or f"{wheel.name} works without its source")
    return 1 if said else 0


def describe(commands: Path, target: Path) -> None:
    """Write what an environment holds as a CycloneDX document."""
    subprocess.run(
        [
            sys.executable, "-m", "cyclonedx_py", "environment", str(commands / "python"),
            "--pyproject", str(ROOT / "pyproject.toml"), "--output-format", "JSON",
            "--output-reproducible", "--output-file", str(target),
        ],
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
