"""The page on recorded targets: its commands run on files made as it says."""

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "recorded-targets.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    audit (.*)$", PAGE, flags=re.MULTILINE)


@pytest.fixture
def sentences(audit, tmp_path):
    """The table that the page's first command prints."""
    audit("init", "my-probes.yaml")
    arguments, _, name = COMMANDS[0].partition(" > ")
    assert name == "sentences.csv"
    done = audit(*shlex.split(arguments))
    assert done.code == 0
    return list(csv.DictReader(io.StringIO(done.out)))


def results_of(tmp_path):
    (path,) = (tmp_path / "reports").glob("2*/results.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_spreadsheet(audit, tmp_path, sentences):
    header = re.search(r"```csv\n(.*)\n", PAGE).group(1)
    rows = [f'{row["id"]};"{row["text"]}";{"NEG" if "ref:" in row["id"] else "POS"}'
            for row in sentences]  # fmt: skip
    (tmp_path / "export.csv").write_text("\r\n".join([header, *rows]), encoding="utf-8-sig")
    done = audit(*shlex.split(COMMANDS[1]))
    assert done.code == 1, done.err
    found = results_of(tmp_path)
    assert found["spec"]["model"] == "recorded:export.csv"
    assert {group["estimate"] for group in found["groups"]} == {-1.0}


def test_a_production_log(audit, tmp_path, sentences):
    example = [json.loads(line) for line in re.search(r"```json\n(.*?)```", PAGE, re.S).group(1)
               .strip().splitlines()]  # fmt: skip
    lines = [example[0]]
    for repeat in range(3):
        for row in sentences:
            low = 0.2 if "ref:" in row["id"] else 0.5 + 0.1 * repeat
            given = {"input": row["text"], "p_pos": 0.9 - low, "p_neu": 0.0, "p_neg": low}
            lines.append(example[1] | given)
    text = "\n".join(json.dumps(line) for line in lines)
    (tmp_path / "log.jsonl").write_text(text, encoding="utf-8")
    done = audit(*shlex.split(COMMANDS[2]))
    assert done.code == 1, done.err
    for group in results_of(tmp_path)["groups"]:
        assert group["estimate"] == pytest.approx((0.6 - 0.2) / 0.9)


def test_a_header_with_commas_keeps_its_semicolons(audit, tmp_path, sentences):
    rows = [[row["id"], "a;b", "Positive"] for row in sentences]
    with (tmp_path / "export.csv").open("w", newline="") as out:
        csv.writer(out).writerows([["id", "x;y", "label"], *rows])
    assert audit("run", "my-probes.yaml", "-m", "recorded:export.csv").code in {0, 4}
