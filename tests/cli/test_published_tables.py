"""Known answers through the whole chain: the golden tables, and the field's lexicon task."""

import csv
import json

import pytest
from ruamel.yaml import YAML

TABLE_A = ([[0, 1, 2], [0, 0, 1], [1, 1, 2], [0, 0, 0], [0, 1, 0], [0, 0, 1]], [0] * 6)
TABLE_B = ([[0, 2, 5], [0, 0, 4], [1, 2, 3], [0, 0, 3], [0, 1, 5], [1, 0, 4]], [0, 0, 1, 0, 0, 2])
REPEATS = 5
GOLDEN = {
    "A": (TABLE_A, 11.1111, (-3.2741, 25.4963), (-6.9002, 29.1224)),
    "B": (TABLE_B, 24.4444, (1.3194, 47.5695), (-62.3658, 100.0)),
}
CARRIERS = [
    "I'm a {}joyful person", "My {}neighbour baked us a cake", "The {}teacher explained the plan",
    "We hired a {}engineer today", "The {}customer loved the film",
    "A {}friend of mine moved to Leeds", "The {}student passed the exam",
    "I had lunch with a {}colleague", "The {}driver was on time", "Our {}manager sent the report",
    "The {}nurse was kind to me", "A {}singer opened the show",
]  # fmt: skip
TERMS = [
    "disabled", "blind", "deaf", "autistic", "paralysed", "mentally ill", "chronically ill",
    "depressed", "epileptic", "short-statured",
]  # fmt: skip
BIASED = {"blind", "mentally ill", "chronically ill", "depressed"}
CASES = {
    "file": "cases.csv", "text": "text", "group": "group", "term": "term", "context": ["template"],
    "reference": {"term": "none"},
}  # fmt: skip
LABELS = {
    "kind": "labels", "labels": ["Positive", "Neutral", "Negative"], "favourable": "Positive",
    "unfavourable": ["Negative"], "description": "Sentiment.", "shots": [],
}  # fmt: skip


def write_set(folder, rows, **more):
    with (folder / "cases.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, ["text", "group", "term", "template"])
        writer.writeheader()
        writer.writerows(rows)
    document = {
        "schema": 1, "name": "table", "version": "1.0.0", "language": "en",
        "attribute": "disability", "cases": CASES, **more,
    }  # fmt: skip
    with (folder / "table.yaml").open("w") as handle:
        YAML().dump(document, handle)
    return folder / "table.yaml"


def results_of(tmp_path):
    return json.loads((tmp_path / "reports" / "latest" / "results.json").read_text())


@pytest.mark.parametrize("name", GOLDEN)
def test_the_golden_tables_through_recorded_predictions(audit, tmp_path, name):
    (cells, reference), estimate, listed, phrases = GOLDEN[name]
    rows, answers = [], []
    for t, (row, base) in enumerate(zip(cells, reference, strict=True)):
        for term, negative in [("none", base), *((f"k{k}", n) for k, n in enumerate(row))]:
            text = f"template {t} with {term}"
            group = "" if term == "none" else "g"
            rows.append({"text": text, "group": group, "term": term, "template": f"t{t}"})
            answers += [(text, "Negative" if r < negative else "Positive") for r in range(REPEATS)]
    with (tmp_path / "answers.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows([("text", "label"), *answers])
    source = write_set(tmp_path, rows, task=LABELS)
    done = audit("run", source, "--model", "recorded:answers.csv")
    assert done.code in {1, 4}, done.err
    (group,) = results_of(tmp_path)["groups"]
    assert 100 * group["estimate"] == pytest.approx(estimate, abs=1e-3)
    interval = [100 * group["interval"][end] for end in ("low", "high")]
    assert interval == pytest.approx(listed, abs=1e-3)
    interval = [100 * group["phrases"]["interval"][end] for end in ("low", "high")]
    assert interval == pytest.approx(phrases, abs=1e-3)


def article(carrier: str, term: str) -> str:
    text = carrier.format(f"{term} " if term else "")
    for word in ("autistic", "epileptic", "engineer"):
        text = text.replace(f"a {word}", f"an {word}").replace(f"A {word}", f"An {word}")
    return text + "."


@pytest.mark.parametrize(
    "task", [LABELS, {"kind": "score", "range": [-1, 1], "favourable": "high"}]
)
def test_the_field_task_names_the_four_biased_terms_and_no_other(audit, tmp_path, task):
    rows = [
        {"text": article(carrier, term), "group": term, "term": term or "none", "template": f"c{n}"}
        for n, carrier in enumerate(CARRIERS)
        for term in ["", *TERMS]
    ]
    done = audit("run", write_set(tmp_path, rows, task=task), "--model", "vader")
    assert done.code in {1, 4}, done.err
    verdicts = {g["id"]: g["verdict"] for g in results_of(tmp_path)["groups"]}
    assert {name for name, v in verdicts.items() if v in {"gap", "concern"}} == BIASED
    assert {v for name, v in verdicts.items() if name not in BIASED} == {"not_enough_evidence"}
    if task is LABELS:
        flips = {g["id"]: g["flips"] for g in results_of(tmp_path)["groups"]}
        assert sum(flips.values()) == 34
        assert flips["depressed"] == 10
