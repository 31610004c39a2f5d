"""Sequential rounds: what is asked, when a group stops, and that the log alone gives it back."""

import dataclasses
import json

import numpy as np
import pytest
from scipy import stats

from audit.errors import ConfigError, RunInterruptedError
from audit.pipeline import RunOptions, report_run, run_audit
from audit.pipeline.rounds import RoundPlan, judge_rounds, rounds_object
from audit.records import Limits, Variant
from audit.runlog import read_run
from audit.statistics.intervals import floor_h, listed_interval
from audit.statistics.sequential import round_bounds
from tests.small_runs import write_classifier, write_probe

TEMPLATES = 60


def start(folder, hurt, looks, **options):
    """Run the small audit in rounds."""
    folder.mkdir(exist_ok=True)
    probe = write_probe(folder, templates=options.pop("templates", TEMPLATES))
    target = write_classifier(folder, hurt)
    return run_audit(
        probe, target, output=folder / "reports", options=RunOptions(rounds=looks, **options)
    )


def ended(result):
    """Return the round that each group ended in."""
    return {row["group"]: row["round"] for row in result.results["rounds"]["groups"]}


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    """Five rounds in which one group is hurt in every second template."""
    return start(tmp_path_factory.mktemp("five"), {"blind": 2}, 5)


def report_at(result, look):
    """Compute the first group's interval at one look from the formula: D of every unit, z, t."""
    log = read_run(result.folder)
    of_unit = RoundPlan.of(log.header).of_unit
    harm = {name: float(said.samples[0] == "Negative") for name, said in log.predictions.items()}
    sides = {}
    for variant in log.variants:
        wanted = variant.role != "placebo" and variant.group in {None, "blind"}
        if wanted and of_unit[variant.unit] <= look:
            side = sides.setdefault(variant.unit, {}).setdefault(variant.group, [])
            side.append(harm[variant.id])
    D = [np.mean(unit["blind"]) - np.mean(unit[None]) for unit in sides.values()]
    cells = [value for unit in sides.values() for side in unit.values() for value in side]
    level = 1 - 2 * stats.norm.sf(round_bounds(5)[look - 1])
    return listed_interval(D, floor_h(cells), confidence_level=level)


def test_a_group_is_asked_no_more_once_it_is_decided(five):
    rounds = five.results["rounds"]
    assert rounds["templates"] == [12, 24, 36, 48, 60]
    assert rounds["bounds"] == pytest.approx(round_bounds(5).tolist())
    of_unit = RoundPlan.of(read_run(five.folder).header).of_unit
    asked = {}
    for variant in read_run(five.folder).variants:
        asked.setdefault(variant.group, set()).add(of_unit[variant.unit])
    for group, last in ended(five).items():
        assert asked[group] == set(range(1, last + 1))
    assert ended(five)["blind"] < ended(five)["deaf"] < 5
    assert five.results["overall"]["n_variants"] < rounds["n_planned"]
    assert [g["n_templates"] for g in five.results["groups"]] == [
        12 * ended(five)[name] for name in ("blind", "deaf")
    ]


def test_verdicts_intervals_and_the_warning(five):
    blind, deaf = five.results["groups"]
    assert (blind["verdict"], deaf["verdict"]) == ("gap", "no_gap")
    look = ended(five)["blind"]
    bound = round_bounds(5)[look - 1]
    assert blind["interval"]["method"].endswith(f"round {look} of 5, z {bound:.3f}")
    assert blind["interval"]["confidence_level"] == 0.95
    alone = report_at(five, look)
    assert blind["interval"]["high"] == pytest.approx(alone.high, abs=1e-12)
    assert blind["interval"]["low"] == pytest.approx(alone.low, abs=1e-12)
    (warning,) = [w for w in five.results["warnings"] if w["code"] == "stopped_early"]
    assert warning["where"] == "blind, deaf"
    assert all(row["stopped_early"] for row in five.results["rounds"]["groups"])


def test_the_log_alone_gives_the_same_results(five):
    before = (five.folder / "results.json").read_bytes()
    report_run(five.folder)
    assert (five.folder / "results.json").read_bytes() == before


def test_terms_are_judged_with_their_group(five):
    look = ended(five)["blind"]
    own = [term for term in five.results["terms"] if term["group"] == "blind"]
    assert own
    assert all(f"round {look} of 5" in term["interval"]["method"] for term in own)


def test_an_interval_is_that_of_its_round(five):
    # The interval of a group that stopped at look j has the level 1 - 2 (1 - Phi(z_j)).
    log = read_run(five.folder)
    judged = judge_rounds(log, RoundPlan.of(log.header))
    narrow = judge_rounds(log, RoundPlan.of(log.header), limits=Limits(confidence_level=0.8))
    assert narrow.ended["blind"] <= judged.ended["blind"]
    assert narrow.bounds[0] < judged.bounds[0]


def test_without_a_clear_verdict_every_round_is_asked(tmp_path):
    result = start(tmp_path, {"blind": 9, "deaf": 11}, 3)
    assert set(ended(result).values()) == {3}
    assert result.results["overall"]["n_variants"] == result.results["rounds"]["n_planned"]
    assert not [w for w in result.results["warnings"] if w["code"] == "stopped_early"]


def test_off_by_default(tmp_path):
    result = start(tmp_path, {"blind": 2}, None)
    assert "rounds" not in result.results
    assert result.results["spec"]["rounds"] is None
    assert read_run(result.folder).header["rounds"] is None
    lines = map(json.loads, (result.folder / "run.jsonl").read_text().splitlines()[1:-1])
    texts = [line["variant"]["text"] for line in lines]
    assert texts == sorted(texts)  # all in one go
    places = [variant.context for variant in read_run(result.folder).variants]
    assert places == sorted(places, key=places.index)  # and read in the set's order


def test_the_order_is_drawn_from_the_seed():
    variants = [
        Variant(id=str(n), text="", role="reference", context=str(n), unit=str(n), term="r")
        for n in range(30)
    ]
    one, same, other = (rounds_object(variants, 3, seed) for seed in (1, 1, 2))
    assert one == same != other
    assert sorted(one["order"], key=int) == [str(n) for n in range(30)] != one["order"]
    plan = RoundPlan(3, tuple(one["order"]))
    assert plan.templates == (10, 20, 30)
    counts = np.bincount(list(plan.of_unit.values()))
    assert counts.tolist() == [0, 10, 10, 10]
    assert rounds_object(variants, None, 1) is None


def test_too_few_templates_for_the_rounds(tmp_path):
    with pytest.raises(ConfigError, match="9 templates are too few for 5 rounds"):
        start(tmp_path, {}, 5, templates=9)
    assert not (tmp_path / "reports").exists()


STUBBORN = """
from mine import classify as sound
import pathlib

LEFT = pathlib.Path(__file__).with_name("left")


def classify(texts):
    left = int(LEFT.read_text())
    LEFT.write_text(str(left - len(texts)))
    if 1 < len(texts) and left < len(texts):
        raise {error}
    return sound(texts)
"""


def failing(folder, error, left):
    """Write a target that gives up after some sentences."""
    folder.mkdir(exist_ok=True)
    probe = write_probe(folder, templates=TEMPLATES)
    write_classifier(folder, {"blind": 2})
    (folder / "left").write_text(str(left))
    source = STUBBORN.replace("{error}", error).replace(
        "from mine import classify as sound",
        "import importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('mine', {str(folder / 'mine.py')!r})\n"
        "mine = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(mine)\n"
        "sound = mine.classify",
    )
    (folder / "stubborn.py").write_text(source)
    return probe, f"python:{folder / 'stubborn.py'}:classify"


def test_an_interrupted_run_resumes_in_its_round(tmp_path, five):
    probe, target = failing(tmp_path, "KeyboardInterrupt", 200)
    options = RunOptions(rounds=5)
    with pytest.raises(RunInterruptedError):
        run_audit(probe, target, output=tmp_path / "reports", options=options)
    (tmp_path / "left").write_text("100000")
    (folder,) = [path for path in (tmp_path / "reports").iterdir() if path.name != "latest"]
    resumed = run_audit(probe, target, resume=folder, options=options)
    for name in ("groups", "terms", "rounds", "overall"):
        assert resumed.results[name] == five.results[name]


def test_other_rounds_are_another_run(tmp_path):
    probe, target = failing(tmp_path, "KeyboardInterrupt", 200)
    with pytest.raises(RunInterruptedError):
        run_audit(probe, target, output=tmp_path / "reports", options=RunOptions(rounds=5))
    (folder,) = [path for path in (tmp_path / "reports").iterdir() if path.name != "latest"]
    with pytest.raises(ConfigError, match="rounds differ"):
        run_audit(probe, target, resume=folder, options=RunOptions(rounds=3))


@pytest.mark.parametrize(("left", "judged"), [(300, 2), (70, 1)])
def test_a_run_that_breaks_off_is_judged_by_its_whole_rounds(tmp_path, left, judged):
    probe, target = failing(tmp_path, "RuntimeError('gone')", left)
    options = RunOptions(rounds=5, allow_partial=True)
    result = run_audit(probe, target, output=tmp_path / "reports", options=options)
    assert result.results["status"] == "partial"
    assert max(ended(result).values()) == judged
    assert "partial_run" in {warning["code"] for warning in result.results["warnings"]}


def test_limits_changed_afterwards_look_at_no_round_that_was_not_asked(five):
    log = read_run(five.folder)
    plan = RoundPlan.of(log.header)
    fixed = Limits(**log.header["limits"])
    strict = judge_rounds(log, plan, limits=dataclasses.replace(fixed, tolerance=0.001))
    asked = judge_rounds(log, plan)
    assert strict.ended["deaf"] == asked.ended["deaf"]
    assert "deaf" not in strict.decided
    assert json.dumps(strict.published(1))


def test_a_redacted_run_has_the_same_rounds(tmp_path, five):
    result = start(tmp_path, {"blind": 2}, 5, redact_text=True)
    assert ended(result) == ended(five)
    assert result.results["groups"] == five.results["groups"]
    assert "In house" not in (result.folder / "run.jsonl").read_text()
