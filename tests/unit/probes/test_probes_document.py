"""YAML as plain data: positions, and everything that tries to be more than data."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import ConfigError, ProbeError
from audit.probes import document as module
from audit.probes.document import Document, read_document


def read(tmp_path: Path, content: str | bytes) -> Document:
    path = tmp_path / "set.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_document(path)


def refused(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(ProbeError) as caught:
        read(tmp_path, content)
    return str(caught.value)


def test_scalars_follow_yaml_1_2(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        "a: yes\nb: no\nc: true\nd: 010\ne: 0x1f\nf: 1.5\ng: ~\nh: 2026-11-21\ni: '1'\nj: .inf\n",
    )
    infinity = float("inf")
    assert document.data == {
        "a": "yes", "b": "no", "c": True, "d": 10, "e": 31, "f": 1.5, "g": None,
        "h": "2026-11-21", "i": "1", "j": infinity,
    }  # fmt: skip
    assert not document.problems


def test_every_value_and_key_has_its_place(tmp_path: Path) -> None:
    document = read(tmp_path, "one: 1\nlist:\n  - {x: a}\n  - x: b\n")
    assert document.values["list", 1, "x"] == (4, 8)
    assert document.keys["list", 0, "x"] == (3, 6)


def test_a_problem_without_a_place_falls_back_to_its_parent(tmp_path: Path) -> None:
    document = read(tmp_path, "one: 1\nlist:\n  - {x: a}\n")
    document.add(("list", 0, "y"), "missing")
    assert (document.problems[0].line, document.problems[0].column) == (3, 5)


def test_an_alias_bomb_is_refused_quickly(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "aliases expand to more than 10,000 values" in refused(tmp_path, "\n".join(lines))


def test_an_alias_of_itself_is_refused(tmp_path: Path) -> None:
    assert "refers to the mapping or list that it stands in" in refused(tmp_path, "a: &a [*a]\n")


def test_a_plain_alias_is_data(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &a [x]\nb: *a\n").data == {"a": ["x"], "b": ["x"]}


@pytest.mark.parametrize(
    "content",
    ["a: !!python/object/apply:os.system [ls]\n", "a: !x 1\n", "a: !!binary aGk=\n"],
)
def test_tags_are_problems(tmp_path: Path, content: str) -> None:
    document = read(tmp_path, content)
    assert "is not allowed" in document.problems[0].message


def test_repeated_keys_are_problems_with_both_lines(tmp_path: Path) -> None:
    problem = read(tmp_path, "a: 1\nb: 2\na: 3\n").problems[0]
    assert problem.line == 3
    assert "already given in line 1" in problem.message


@pytest.mark.parametrize("key", ["api_key", "OPENAI-API-KEY", "token", "password", "secret_x"])
def test_credentials_are_refused_and_never_repeated(tmp_path: Path, key: str) -> None:
    document = read(tmp_path, f"a: 1\n{key}: sk-123456\n")
    assert "credentials come from the environment only" in str(document.problems[0])
    assert "sk-123456" not in str(document.problems)
    assert document.data == {"a": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no mapping"),
        ("- a\n", "holds no mapping"),
        ("a: {b\n", "not valid YAML"),
        ("a: 1\n---\nb: 2\n", "not valid YAML"),
        ("text: {a} {pre} person\n", "double quotes"),
        ("a: \x07\n", "U+0007"),
        (b"a: 1\nb: \xff\n", ":2:1: byte 8 (0xff) is not UTF-8"),
        ("a: *nowhere\n", "not valid YAML"),
        ("a: " + "[" * 3000, "nested too deeply"),
    ],
)
def test_what_is_no_yaml_mapping_says_why(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert said in refused(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[a, b]: 1\n", "a key must be plain text"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", "merge keys"),
        ("n: " + "9" * 5000 + "\n", "is not a number"),
    ],
)
def test_odd_entries_are_problems(tmp_path: Path, content: str, said: str) -> None:
    assert said in str(read(tmp_path, content).problems[0])


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n").data == {"a": 1}


def test_a_huge_file_is_refused_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1_000_000)
    assert "larger than 1 MB" in refused(tmp_path, b"#" * 1_000_001)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_document(tmp_path / "none.yaml")
