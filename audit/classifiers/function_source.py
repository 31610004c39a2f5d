"""Finding and importing the user's function behind ``python:PLACE:FUNCTION``."""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from audit.errors import ClassifierError, ConfigError


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """A user's function, how it is called in files, and the hash of the file it stands in."""

    call: Callable[[list[str]], Any]
    name: str
    file: Path | None
    sha256: str | None

    def place(self, error: BaseException) -> str:
        """Return ``file:line`` of the last line of the user's own file that ``error`` passed."""
        frames = traceback.extract_tb(error.__traceback__)
        lines = [
            frame.lineno for frame in frames if self.file and Path(frame.filename) == self.file
        ]
        return f"{self.name}, line {lines[-1]}" if lines else self.name


def load_function(locator: str) -> FunctionSource:
    """Import the function that ``locator`` names.

    Parameters
    ----------
    locator : str
        ``package.module:function`` or ``FILE.py:function``. Modules are also looked up in the
        working directory, and a file's neighbours can be imported by it.

    Raises
    ------
    ConfigError
        If the locator has no function part, or the file, module or function is not there.
    ClassifierError
        If importing it raises.
    """
    place, colon, name = locator.rpartition(":")
    if not (colon and place and name):
        raise ConfigError(
            f"{locator!r} does not say which function is meant",
            where=f"--model python:{locator}",
            hint="write python:package.module:function or python:FILE.py:function",
        )
    is_file = place.endswith(".py")
    module = _import_file(Path(place)) if is_file else _import_module(place)
    function = getattr(module, name, None)
    if not callable(function):
        raise ConfigError(
            f"there is no function {name!r} in it"
            if function is None
            else f"{name!r} is no function",
            where=Path(place).name if is_file else place,
            hint=_other_functions(module, name),
        )
    file = Path(module.__file__).resolve() if module.__file__ else None
    return FunctionSource(
        call=function,
        name=f"python:{Path(place).name if is_file else place}:{name}",
        file=file,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest() if file and file.is_file() else None,
    )


def _import_file(path: Path) -> ModuleType:
    """Import a single file under a name of its own."""
    file = path.expanduser().resolve()
    if not file.is_file():
        raise ConfigError(
            "there is no such file",
            where=str(path),
            hint="give the path from the folder you are in",
        )
    _make_importable(file.parent)
    digest = hashlib.sha256(str(file).encode()).hexdigest()[:12]
    spec = spec_from_file_location(f"audited_{file.stem}_{digest}", file)
    if spec is None or spec.loader is None:
        raise ConfigError("this file cannot be imported as Python", where=str(path))
    module = module_from_spec(spec)
    sys.modules[module.__name__] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        raise _import_failed(path.name, error) from error
    return module


def _import_module(name: str) -> ModuleType:
    """Import an installed module, or one of the working directory."""
    _make_importable(Path.cwd())
    try:
        found = find_spec(name)
    except ModuleNotFoundError:
        found = None
    except (Exception, SystemExit) as error:
        raise _import_failed(name, error) from error
    if found is None:
        raise ConfigError(
            f"there is no module {name!r}",
            where=f"--model python:{name}",
            hint="install it, or run from the folder that holds it; a file is written FILE.py",
        )
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:
        raise _import_failed(name, error) from error


def _make_importable(folder: Path) -> None:
    """Let imports find ``folder``, after everything that is installed."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _import_failed(where: str, error: BaseException) -> ClassifierError:
    """Wrap what the user's code raised while it was imported."""
    return ClassifierError(
        f"importing it raised {type(error).__name__}: {error}",
        where=where,
        hint="it must import without error on its own: try `python -c 'import ...'`",
    )


def _other_functions(module: ModuleType, name: str) -> str:
    """Say which functions the module does have."""
    names = [
        key
        for key, value in vars(module).items()
        if callable(value) and not key.startswith("_") and not isinstance(value, type)
    ]
    if close := get_close_matches(name, names, n=1):
        return f"did you mean {close[0]!r}?"
    return "it has: " + ", ".join(names) if names else "it has no functions"
