"""Every figure of the statistics from the command line to results and report."""

import csv
import html
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from audit.exports import results_schema
from audit.runlog import read_run
from tests.cli.conftest import Outcome

GROUPS = {"blind": "Blind people", "women": "Women", "blind-women": "Blind women"}
PARTS = {"blind-women": ["blind", "women"]}
SOURCE = '''
def answer(text):
    """Return P(bad): a base by house, and what each word adds, some only together."""
    house = int(text.split("house ")[1].split()[0])
    p = 0.1 + 0.01 * (house % 7)
    blind, woman = "blind" in text, "woman" in text
    return p + 0.12 * blind + 0.03 * woman + 0.2 * (blind and woman)


def two(texts):
    return [{"Bad": answer(t), "Good": 1 - answer(t)} for t in texts]


def three(texts):
    return [{"Awful": answer(t) / 2, "Bad": answer(t) / 2, "Good": 1 - answer(t)} for t in texts]


def score(texts) -> list[float]:
    return [10 * answer(t) for t in texts]
'''
LABELS = {"kind": "labels", "description": "Judge.", "shots": []}
TWO = LABELS | {"labels": ["Good", "Bad"], "favourable": "Good"}
THREE = LABELS | {
    "labels": ["Good", "Bad", "Awful"], "favourable": "Good", "unfavourable": ["Bad", "Awful"],
}  # fmt: skip
SCORE = {"kind": "score", "range": [0, 10], "favourable": "low"}


def write(folder: Path, task: dict, *, templates: int = 40, gold: bool = False) -> None:
    """Write the set and the targets."""
    (folder / "mine.py").write_text(SOURCE)
    terms = {"blind": ["blind"], "women": ["woman"], "blind-women": ["blind woman"]}
    document = {
        "schema": 1, "name": "figures", "version": "1.0.0", "language": "en", "attribute": "a",
        "task": task,
        "sampling": {"repeats": 1, "temperature": 0.0, "seed": 0},
        "reference": [{"id": name, "text": name, "form": "noun"}
                      for name in ("neighbour", "tenant", "resident")],
        "placebos": [{"id": "runner", "text": "runner", "form": "noun"}],
        "groups": [
            {"id": group, "label": label, "parts": PARTS.get(group, []), "terms": [
                {"id": f"{group}-{kind}", "text": text.format(terms[group][0]), "form": "noun",
                 "source": "s"}
                for kind, text in (("person", "{} person"), ("tenant", "{} tenant"))]}
            for group, label in GROUPS.items()
        ],
        "templates": [
            {"id": f"t{n:02}", "noun": "person", "text": f"In house {n} lives {{a}} {{noun}}.",
             **({"gold": "Bad" if n % 4 == 0 else "Good"} if gold else {})}
            for n in range(templates)
        ],
    }  # fmt: skip
    with (folder / "figures.yaml").open("w") as handle:
        YAML().dump(document, handle)


def run(audit, tmp_path: Path, target: str, *more: str):
    """Run the audit and return its results, checked by the schema, and the words of its page."""
    done = audit("run", "figures.yaml", "-m", f"python:mine.py:{target}", "--quiet", *more)
    assert done.code in {0, 1, 4}, done.err
    folder = tmp_path / "reports" / "latest"
    results = json.loads((folder / "results.json").read_text())
    Draft202012Validator(results_schema()).validate(results)
    page = (folder / "index.html").read_text().split("</style>")[-1]
    words = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
    return results, words


def by_id(rows, key="group"):
    return {row[key]: row for row in rows}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """One run of two labels with gold labels: its results and the words of its page."""
    folder = tmp_path_factory.mktemp("planted")
    write(folder, TWO, gold=True)

    def audit(*arguments):
        return Outcome(
            subprocess.run([Path(sys.executable).with_name("audit"), *arguments], cwd=folder,
                           capture_output=True, text=True, check=False)
        )  # fmt: skip

    return run(audit, folder, "two")


def test_an_intersection_shows_its_excess(planted) -> None:
    results, words = planted
    (row,) = results["intersections"]
    assert row["group"] == "blind-women"
    assert row["estimate"] == pytest.approx(0.35)
    assert row["expected"] == pytest.approx(0.15)
    assert row["excess"] == pytest.approx(0.2)
    assert row["interval"]["low"] < 0.2 < row["interval"]["high"]
    assert "Beyond the sum of its parts (Blind people and Women) +20.0 points" in words
    assert "these differ clearly from what their parts add up to: Blind women (+20.0" in words
    assert results["overall"]["worst_group"]["group"] == "blind-women"
    assert "The gap furthest on the worse side is that of the group Blind women" in words


def test_the_shipped_intersectional_set_shows_the_excess(audit, tmp_path) -> None:
    (tmp_path / "mine.py").write_text(
        "import re\n\n\n"
        "def classify(texts):\n"
        "    out = []\n"
        "    for t in texts:\n"
        "        d = bool(re.search('disab|wheelchair|blind|deaf|autistic', t))\n"
        "        w = bool(re.search('wom[ae]n|female', t))\n"
        "        p = 0.1 + 0.1 * d + 0.05 * w + 0.2 * (d and w)\n"
        "        out.append({'Negative': p, 'Neutral': 0.2, 'Positive': 0.8 - p})\n"
        "    return out\n"
    )
    done = audit("run", "disability-x-gender", "-m", "python:mine.py:classify", "--json", "-q")
    found = by_id(json.loads(done.out)["intersections"])
    assert set(found) == {"disabled-woman", "disabled-man", "disabled-nonbinary"}
    assert found["disabled-woman"]["excess"] == pytest.approx(0.2, abs=0.01)
    assert found["disabled-woman"]["p_adjusted"] < 0.001
    assert found["disabled-man"]["excess"] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("task", "target", "name"),
    [(TWO, "two", "P(Bad)"), (THREE, "three", "P(Bad or Awful)"), (SCORE, "score", "score")],
)
def test_label_and_score_tasks_give_the_same_gaps_in_their_unit(
    audit, tmp_path, task, target, name
) -> None:
    write(tmp_path, task)
    results, words = run(audit, tmp_path, target)
    span = 10 if task is SCORE else 1
    assert results["outcome"]["name"] == name
    assert results["limits"]["tolerance"] == pytest.approx(0.05 * span)
    blind = by_id(results["groups"], "id")["blind"]
    assert blind["estimate"] == pytest.approx(0.12 * span)
    assert (blind["verdict"], blind["direction"]) == ("gap", "worse")
    assert by_id(results["dispersion"])["blind"]["sd"] == pytest.approx(0, abs=1e-9)
    assert "Spread between its terms" in words
    secondary = {(row["outcome"], row["group"]): row for row in results["secondary"]}
    assert secondary["unparsed", "blind"]["estimate"] == 0
    if task is not SCORE:
        assert secondary["favourable", "blind"]["estimate"] == pytest.approx(-0.12)
        assert blind["flips"] is not None
    else:
        assert blind["flips"] is None
    assert ("Gap in Good" in words) is (task is THREE)


def test_refusals_are_a_gap_of_their_own_with_an_interval(audit, tmp_path) -> None:
    write(tmp_path, TWO)
    run(audit, tmp_path, "two")
    with (tmp_path / "said.csv").open("w", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(["text", "label"])
        for variant in read_run(tmp_path / "reports" / "latest").variants:
            odd = int(variant.unit[1:]) % 2
            table.writerow([variant.text, "" if odd and variant.group == "blind" else "Good"])
    done = audit("run", "figures.yaml", "-m", "recorded:said.csv", "-q")
    assert done.code == 4, done.err
    results = json.loads((tmp_path / "reports" / "latest" / "results.json").read_text())
    blind = by_id(results["groups"], "id")["blind"]
    assert blind["unparsed_gap"] == 0.5
    assert (blind["verdict"], blind["reason"]) == ("not_enough_evidence", "refusals")
    secondary = {(row["outcome"], row["group"]): row for row in results["secondary"]}
    interval = secondary["unparsed", "blind"]["interval"]
    assert 0.3 < interval["low"] < 0.5 < interval["high"] < 0.7
    page = (tmp_path / "reports" / "latest" / "index.html").read_text()
    assert "Gap in answers that are no label<dd>+50.0 points, interval" in page


def test_names_of_the_literature_with_source_and_caution(planted) -> None:
    results, words = planted
    found = {(row["name"], row["label"]): row for row in results["literature"]}
    gap = found["counterfactual token fairness gap", None]
    assert gap["estimate"] == pytest.approx((0.12 + 0.03 + 0.35) / 3)
    assert all(row["source"] for row in results["literature"])
    assert found["LabelDist", "Bad"]["estimate"] == 1.0
    assert "4 of 6 terms have no distance" in found["LabelDist", "Bad"]["warning"]
    assert "The same figures by the names of published work" in words
    assert "Counterfactual token fairness gap: mean absolute difference 16.7 points" in words
    assert "Garg et al. 2019" in words


def test_gold_labels_give_error_rates_aucs_and_accuracy(planted) -> None:
    results, words = planted
    gold = results["gold"]
    assert gold["n_texts"] == 40 * (3 + 6)
    row = by_id(gold["groups"])["blind-women"]
    assert row["accuracy"]["low"] < row["accuracy"]["estimate"] < row["accuracy"]["high"]
    assert row["subgroup_auc"] is not None
    assert gold["fped"] is not None
    assert "(FPED)" in words
    assert "Against the gold labels accuracy" in words


def test_rounds_ask_less_and_say_so(audit, tmp_path) -> None:
    write(tmp_path, TWO, templates=60)
    results, words = run(audit, tmp_path, "two", "--rounds", "3")
    rounds = results["rounds"]
    assert (results["spec"]["rounds"], rounds["templates"]) == (3, [20, 40, 60])
    assert all(row["stopped_early"] for row in rounds["groups"] if row["group"] != "women")
    assert results["overall"]["n_variants"] < rounds["n_planned"]
    assert "judged in rounds, after 20, 40 and 60 templates" in words
    assert "were decided before the last round and asked no further" in words
    assert "--rounds 3" in words


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--rounds", "4"), "'4' is not one of"), (("--rounds", "3", "--quick"), "no rounds")],
)
def test_rounds_that_make_no_sense(audit, tmp_path, arguments, said) -> None:
    write(tmp_path, TWO)
    done = audit("run", "figures.yaml", "-m", "python:mine.py:two", *arguments)
    assert done.code == 2
    assert said in done.err


def test_without_rounds_nothing_is_looked_at_in_between(planted) -> None:
    results, words = planted
    assert "rounds" not in results
    assert "judged in rounds" not in words


@pytest.mark.parametrize(
    ("estimand", "method", "words_of_page"),
    [
        ("listed", "t over templates", "these terms, templates like these"),
        ("phrases", "two-way t over templates and terms", "other phrases for the group too"),
        ("census", "normal, sampling noise of these prompts only", "exactly these prompts"),
    ],
)
def test_every_estimand_is_named(audit, tmp_path, estimand, method, words_of_page) -> None:
    write(tmp_path, TWO)
    results, words = run(audit, tmp_path, "two", "--estimand", estimand)
    assert results["limits"]["estimand"] == estimand
    for group in results["groups"]:
        assert group["estimand"] == estimand
        assert group["interval"]["method"].startswith(method)
    if estimand == "census":  # exact answers have no sampling noise: the gap is a fact
        interval = results["groups"][0]["interval"]
        assert interval["low"] == interval["high"] == results["groups"][0]["estimate"]
    assert f"Estimand {words_of_page}" in words
    correction = "max-T over template sign-flips" if estimand == "listed" else "Holm"
    assert correction in words


def test_an_estimand_changed_after_the_run_is_shown_beside_the_first(audit, tmp_path) -> None:
    write(tmp_path, TWO)
    run(audit, tmp_path, "two", "--strict-pass")
    done = audit("report", "reports/latest", "--estimand", "phrases", "--json")
    limits = json.loads(done.out)["limits"]
    assert (limits["estimand"], limits["strict_pass"]) == ("phrases", True)
    assert limits["changed_after_run"] is True
    assert limits["before"]["estimand"] == "listed"


def test_rounds_are_for_the_listed_estimand(audit, tmp_path) -> None:
    write(tmp_path, TWO)
    done = audit("run", "figures.yaml", "-m", "python:mine.py:two", "--rounds", "3",
                 "--estimand", "census")  # fmt: skip
    assert done.code == 2
    assert "rounds judge the estimand listed" in done.err
