"""The file that describes an HTTP classifier: how it is asked, and where its answer stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from audit.classifiers.remote.secrets import looks_like_key
from audit.errors import ConfigError

TEXT = "{text}"
TEXTS = "{texts}"
_PLAIN_HEADERS = {"accept", "content-type", "user-agent"}
_LARGEST = 2**20


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HeaderFrom(_Strict):
    """A header whose value is in the environment."""

    env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    prefix: str = ""


class ResponsePaths(_Strict):
    """Where the answer stands, as JMESPath expressions.

    Parameters
    ----------
    items : str, optional
        The list of answers, where several texts are sent at once; paths then start in an item.
    label, score : str, optional
        A label, or a number.
    probabilities : str, optional
        An object from label to probability, or a list of objects with ``label`` and ``score``.
    """

    items: str | None = None
    label: str | None = None
    score: str | None = None
    probabilities: str | None = None

    @field_validator("items", "label", "score", "probabilities")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                jmespath.compile(value)
            except JMESPathError as error:
                raise ValueError(f"no JMESPath expression: {error}") from error
        return value

    @model_validator(mode="after")
    def _one(self) -> ResponsePaths:
        given = [name for name in ("label", "score", "probabilities") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("name exactly one of label, score and probabilities")
        return self


class ServiceFile(_Strict):
    """A whole file.

    Parameters
    ----------
    url, method : str
        Where and how to ask.
    headers : mapping
        Header to ``{env: VARIABLE, prefix: "Bearer "}``; Accept, Content-Type and User-Agent may be
        written out.
    body : any JSON
        The request, with ``{text}`` or ``{texts}`` where the text or the list of texts goes.
    batch : int
        Texts in one request; needs ``{texts}`` and ``response.items``.
    random : bool
        Whether the same text may get another answer, so that labels are asked for ``repeats``
        times.
    """

    schema_: Literal[1] = Field(default=1, alias="schema")
    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str | HeaderFrom] = Field(default_factory=dict)
    body: Any
    batch: int = Field(default=1, ge=1, le=1000)
    random: bool = False
    response: ResponsePaths
    requests_per_minute: float | None = Field(default=None, gt=0)
    timeout: float | None = Field(default=None, gt=0)

    @field_validator("headers")
    @classmethod
    def _no_keys(cls, value: dict[str, str | HeaderFrom]) -> dict[str, str | HeaderFrom]:
        for name, given in value.items():
            if isinstance(given, str) and name.lower() not in _PLAIN_HEADERS:
                raise ValueError(
                    f"the value of {name} is written in the file; keys come from the environment: "
                    f"{name}: {{env: VARIABLE, prefix: 'Bearer '}}"
                )
        return value

    @model_validator(mode="after")
    def _placeholder(self) -> ServiceFile:
        wanted = TEXTS if self.response.items else TEXT
        if not _holds(self.body, wanted):
            raise ValueError(f"the body has no {wanted} where the text goes")
        if self.batch > 1 and not self.response.items:
            raise ValueError("batch needs {texts} in the body and response.items")
        if _any_string(self.body, looks_like_key):
            raise ValueError("the body holds what looks like a key; keys come from the environment")
        return self


def read_service_file(path: Path) -> ServiceFile:
    """Read and check a file.

    Raises
    ------
    ConfigError
        If it is missing or wrong; all problems are named, with their lines.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError("the file is larger than 1 MiB", where=path.name)
        text = path.read_text(encoding="utf-8")
        data = YAML(typ="rt").load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the file cannot be read: {error}", where=f"http:{path.name}") from error
    except (YAMLError, RecursionError) as error:
        raise ConfigError(f"the file is no YAML: {error}", where=path.name) from error
    if not isinstance(data, Mapping):
        raise ConfigError("the file must be a mapping", where=path.name)
    try:
        return ServiceFile.model_validate(data)
    except ValidationError as error:
        problems = [
            f"{path.name}:{_line(data, item['loc'])}: "
            f"{'.'.join(map(str, item['loc'])) or 'file'}: "
            f"{item['msg'].removeprefix('Value error, ')}"
            for item in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigError(
            "the file does not describe a service:\n  " + "\n  ".join(problems), where=path.name
        ) from None


def fill(body: Any, placeholder: str, value: Any) -> Any:
    """Return a body with the placeholder replaced; a string that is only it becomes the value."""
    if isinstance(body, str):
        if body == placeholder:
            return value
        return body.replace(placeholder, value) if isinstance(value, str) else body
    if isinstance(body, Mapping):
        return {str(key): fill(item, placeholder, value) for key, item in body.items()}
    if isinstance(body, list):
        return [fill(item, placeholder, value) for item in body]
    return body


def _holds(body: Any, placeholder: str) -> bool:
    wanted = (lambda text: text == placeholder) if placeholder == TEXTS else (
        lambda text: placeholder in text
    )  # fmt: skip
    return _any_string(body, wanted)


def _any_string(body: Any, test: Any) -> bool:
    """Whether any string in a JSON value passes a test."""
    if isinstance(body, str):
        return bool(test(body))
    if isinstance(body, Mapping):
        return any(_any_string(item, test) for item in body.values())
    if isinstance(body, list):
        return any(_any_string(item, test) for item in body)
    return False


def _line(data: Any, place: tuple[int | str, ...]) -> int:
    """Return the line of the deepest key of ``place`` that the file has."""
    line = 1
    for key in place:
        marks = getattr(data, "lc", None)
        if marks is None:
            break
        try:
            line = (marks.key(key)[0] if isinstance(data, Mapping) else marks.item(key)[0]) + 1
            data = data[key]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line
