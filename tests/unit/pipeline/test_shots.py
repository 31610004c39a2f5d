"""The same sentences in several prompts: what is asked, what is said of it, and how it resumes."""

import json
import shutil

import pytest
from jsonschema import Draft202012Validator

from audit.errors import ConfigError
from audit.exports import results_schema
from audit.pipeline import RunOptions, report_run, run_audit
from audit.pipeline.calibrating import CONTENT_FREE
from audit.pipeline.shots import GIVEN, ShotOptions, read_shot_sets, shot_orders
from audit.records import Shot, Task
from audit.runlog import read_run
from tests.small_runs import write_classifier, write_probe

SHOTS = [
    {"text": "I hate it when the train is late.", "label": "Negative"},
    {"text": "My day has been great.", "label": "Positive"},
    {"text": "This is the link to the article.", "label": "Neutral"},
]
TASK = {
    "kind": "labels", "labels": ["Positive", "Neutral", "Negative"], "favourable": "Positive",
    "unfavourable": ["Negative"], "input": "Tweet", "output": "Sentiment", "separator": "###",
    "description": "Classify the sentiment of each tweet as Positive, Neutral or Negative.",
}  # fmt: skip
POOL = tuple(Shot(text=shot["text"], label=shot["label"]) for shot in SHOTS)
LABELS = Task(labels=("Positive", "Neutral", "Negative"), shots=POOL)
AT_ONE = {"temperature": 1.0, "repeats": 1}


def probe(folder, shots=SHOTS, templates=10):
    folder.mkdir(parents=True, exist_ok=True)
    return write_probe(folder, templates=templates, task={**TASK, "shots": list(shots)})


def start(folder, shots=SHOTS, **options):
    return run_audit(
        probe(folder, shots), output=folder / "reports",
        options=RunOptions(sampling=AT_ONE, **options),
    )  # fmt: skip


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    """The bundled model under three orders of its examples, each calibrated."""
    folder = tmp_path_factory.mktemp("crossed")
    options = RunOptions(sampling=AT_ONE, shots=ShotOptions(orders=3), calibrate=True)
    return run_audit(probe(folder), output=folder / "reports", options=options)


def gaps(rows):
    return {row["group"]: row["estimate"] for row in rows}


# --- choosing examples ------------------------------------------------------------------------


def test_the_first_prompt_is_as_it_stands_and_no_prompt_comes_twice():
    orders = shot_orders(LABELS, ShotOptions(orders=6), seed=3)
    assert orders[0].shots == POOL
    assert {order.shots for order in orders} == {
        (POOL[a], POOL[b], POOL[c])
        for a, b, c in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    }
    assert shot_orders(LABELS, ShotOptions(orders=6), seed=3) == orders
    assert shot_orders(LABELS, ShotOptions(orders=6), seed=4) != orders


def test_fewer_examples_are_the_first_ones_then_draws():
    orders = shot_orders(LABELS, ShotOptions(shots=2, orders=4), seed=0)
    assert orders[0].shots == POOL[:2]
    assert all(len(order.shots) == 2 and set(order.shots) <= set(POOL) for order in orders)
    assert shot_orders(LABELS, ShotOptions(shots=0), seed=0)[0].shots == ()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"shots": 4}, "has 3 examples, and 4 are asked for"),
        ({"orders": 7}, "3 of 3 examples can be put in 6 orders, not 7"),
        ({"shots": 0, "orders": 2}, "0 of 3 examples can be put in 1 orders, not 2"),
    ],
)
def test_examples_that_are_not_there(given, what):
    with pytest.raises(ConfigError, match=what):
        shot_orders(LABELS, ShotOptions(**given), seed=0)


def test_a_task_about_scores_shows_no_examples():
    with pytest.raises(ConfigError, match="no example can show one"):
        shot_orders(Task(kind="score", range=(0, 1)), ShotOptions(orders=2), seed=0)


def test_sets_from_a_file(tmp_path):
    path = tmp_path / "sets.yaml"
    path.write_text(
        "sets:\n- id: one\n  shots: [{text: a, label: Positive}, {text: b, label: Negative}]\n"
        "- id: two\n  shots: [{text: c, label: Neutral}, {text: d, label: Positive}]\n"
    )
    orders = shot_orders(LABELS, ShotOptions(sets=str(path), orders=2), seed=0)
    assert [order.id for order in orders] == ["one", "one-2", "two", "two-2"]
    assert [shot.text for shot in orders[1].shots] == ["b", "a"]


def test_a_file_that_is_wrong_names_every_line(tmp_path):
    path = tmp_path / "sets.yaml"
    path.write_text(
        "sets:\n- id: one\n  shots:\n  - {text: a, label: Good}\n  - {txt: b, label: Neutral}\n"
        "- id: one\n  shots: 3\n"
    )
    with pytest.raises(ConfigError) as said:
        read_shot_sets(str(path), LABELS)
    assert "sets.yaml:4" in str(said.value)
    assert "the task has no label 'Good'" in str(said.value)
    assert "did you mean 'text'" in str(said.value)
    assert "the id 'one' is there twice" in str(said.value)
    path.write_text("sets: []")
    with pytest.raises(ConfigError, match="sets is missing"):
        read_shot_sets(str(path), LABELS)


# --- a run ------------------------------------------------------------------------------------


def test_gaps_under_a_prompt_are_those_of_a_run_with_that_prompt(crossed, tmp_path):
    rows = crossed.results["shot_orders"]
    assert [row["id"] for row in rows] == [GIVEN, "given-2", "given-3"]
    assert gaps(rows[0]["groups"]) == gaps(
        [{"group": g["id"], "estimate": g["estimate"]} for g in crossed.results["groups"]]
    )
    alone = run_audit(
        probe(tmp_path, rows[1]["shots"]), output=tmp_path, options=RunOptions(sampling=AT_ONE)
    )
    assert alone.results["spec"]["prompt_sha256"] == rows[1]["prompt_sha256"]
    for group in alone.results["groups"]:
        assert gaps(rows[1]["groups"])[group["id"]] == pytest.approx(group["estimate"], abs=1e-9)


def test_range_share_and_record(crossed):
    results = crossed.results
    Draft202012Validator(results_schema()).validate(results)
    for row in results["shot_sensitivity"]:
        own = [gaps(order["groups"])[row["group"]] for order in results["shot_orders"]]
        assert (row["lowest"], row["highest"]) == pytest.approx((min(own), max(own)))
        assert row["lowest"] < row["highest"]
    shares = results["variance_shares"]
    assert shares["shot_order"] is not None
    assert sum(shares.values()) == pytest.approx(1.0)
    assert results["spec"]["shot_orders"] == 3
    assert results["overall"]["n_variants"] * 3 == read_run(crossed.folder).n_answers
    assert any(warning["code"] == "few_prompts" for warning in results["warnings"])


def test_one_template_gives_no_range(tmp_path):
    options = RunOptions(sampling=AT_ONE, shots=ShotOptions(orders=2))
    source = probe(tmp_path, templates=1)
    found = run_audit(source, output=tmp_path / "reports", options=options).results
    for row in found["shot_sensitivity"]:
        assert (row["lowest"], row["highest"], row["interval"]) == (None, None, None)


def test_the_report_shows_the_range_and_how_to_repeat_it(crossed):
    page = (crossed.folder / "index.html").read_text()
    assert "Under other examples in the prompt" in page
    assert "Before and after calibration" in page
    assert "--shot-orders 3 --calibrate" in page
    again = report_run(crossed.folder)
    assert again.results == crossed.results


def test_calibration_divides_by_what_the_prompt_leans_to(crossed):
    log, found = read_run(crossed.folder), crossed.results["calibration"]
    assert [len(answers) for answers in log.content_free.values()] == [len(CONTENT_FREE)] * 3
    lean = found["prompts"][0]["leaning"]
    sides = {}
    for variant in log.variants:
        if variant.group in {None, "blind"} and variant.role != "placebo":
            masses = log.predictions[variant.id].probabilities
            weighted = {label: mass / lean[label] for label, mass in masses.items()}
            share = weighted["Negative"] / sum(weighted.values())
            sides.setdefault(variant.unit, {}).setdefault(variant.group, []).append(share)
    each = [
        sum(unit["blind"]) / len(unit["blind"]) - sum(unit[None]) / len(unit[None])
        for unit in sides.values()
    ]
    blind = next(row for row in found["groups"] if row["group"] == "blind")
    assert blind["after"]["estimate"] == pytest.approx(sum(each) / len(each))
    assert blind["before"]["estimate"] == next(
        group["estimate"] for group in crossed.results["groups"] if group["id"] == "blind"
    )
    assert blind["after"]["estimate"] != pytest.approx(blind["before"]["estimate"], abs=1e-6)


def test_a_run_that_broke_off_in_its_second_prompt_goes_on(crossed, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(crossed.folder, folder)
    log = folder / "run.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    records = [json.loads(line) for line in lines]
    second = [
        place
        for place, record in enumerate(records)
        if record.get("shot_order") == "given-2" and "at" in record
    ]
    log.write_bytes(b"".join(lines[: second[3]]))
    options = RunOptions(sampling=AT_ONE, shots=ShotOptions(orders=3), calibrate=True)
    source = crossed.folder.parents[1] / "small.yaml"
    other = RunOptions(sampling=AT_ONE, shots=ShotOptions(orders=2), calibrate=True)
    with pytest.raises(ConfigError, match="shot_design, shot_orders differ"):
        run_audit(source, resume=folder, output=tmp_path, options=other)
    resumed = run_audit(source, resume=folder, output=tmp_path, options=options)
    assert resumed.results["shot_orders"] == crossed.results["shot_orders"]
    assert resumed.results["calibration"] == crossed.results["calibration"]


# --- what cannot be done ----------------------------------------------------------------------


def test_targets_without_a_prompt_are_refused(tmp_path):
    target = write_classifier(tmp_path, {})
    source = write_probe(tmp_path)
    with pytest.raises(ConfigError, match="is shown no examples"):
        run_audit(source, target, options=RunOptions(shots=ShotOptions(shots=1)))
    with pytest.raises(ConfigError, match="has no prompt that could lean"):
        run_audit(source, target, options=RunOptions(calibrate=True))
    assert not (tmp_path / "reports").exists()


def test_calibration_needs_probabilities_of_the_models_own(tmp_path):
    with pytest.raises(ConfigError, match=r"not those at 0\.1"):
        run_audit(
            probe(tmp_path), options=RunOptions(sampling={"temperature": 0.1}, calibrate=True)
        )
    with pytest.raises(ConfigError, match="rounds judge one prompt"):
        run_audit(probe(tmp_path), options=RunOptions(rounds=3, shots=ShotOptions(orders=2)))
