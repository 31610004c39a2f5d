"""Results of a newer schema, torn, or edited by hand: refused with the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.errors import ResultsError
from audit.report import build_report
from audit.report.language import language
from tests.report.fixtures import evidence, results_gap

Edit = Callable[[dict[str, Any]], object]


def build_edited(edit: Edit) -> object:
    results = results_gap()
    edit(results)
    return build_report(results, evidence())


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        (lambda r: r.update(schema_version=2), "schema version 2"),
        (lambda r: r.pop("schema_version"), "no schema version"),
        (lambda r: r.update(schema_version="1"), "no schema version"),
        (lambda r: r.pop("groups"), "/groups"),
        (lambda r: r["groups"][0].update(estimate="large"), "/groups/0/estimate"),
        (lambda r: r["groups"][0].update(estimate=float("nan")), "/groups/0/estimate"),
        (lambda r: r["groups"][1].update(verdict="fine"), "/groups/1/verdict"),
        (lambda r: r["terms"][3]["interval"].update(low=0.9), "/terms/3/interval"),
        (lambda r: r.update(status="done"), "/status"),
        (lambda r: r.update(overall=None), "/overall"),
    ],
)
def test_wrong_results_are_refused_with_their_place(edit: Edit, place: str) -> None:
    with pytest.raises(ResultsError) as caught:
        build_edited(edit)
    assert place in str(caught.value)
    assert caught.value.hint


def test_all_problems_are_named_at_once() -> None:
    def edit(results: dict[str, Any]) -> None:
        results["groups"][0]["estimate"] = "x"
        results["groups"][1]["n_pairs"] = None

    with pytest.raises(ResultsError, match=r"/groups/0/estimate.*/groups/1/n_pairs"):
        build_edited(edit)


def test_additions_of_later_versions_are_ignored() -> None:
    build_edited(lambda r: (r.update(new=1), r["groups"][0].update(new=2)))


def test_an_unfinished_run_never_looks_finished() -> None:
    results = results_gap()
    results.update(status="interrupted", verdict=None, finished=None)
    report = build_report(results, evidence())
    said = language("en").text
    assert said(report.finding.lead) == "This run did not finish, so there is no finding."
    assert report.finding.sentences == ()
    assert [said(banner) for banner in report.banners] == [
        "This run did not finish. It can be resumed; its figures are no finding."
    ]


def test_partial_and_quick_runs_say_so_above_everything() -> None:
    results = results_gap()
    results["status"] = "partial"
    results["spec"]["quick"] = True
    banners = build_report(results, evidence(demonstration=True)).banners
    assert [language("en").text(banner).split()[2] for banner in banners] == [
        "demonstrates", "is", "a",
    ]  # fmt: skip


def test_a_run_without_groups_has_a_report() -> None:
    results = results_gap()
    results.update(groups=[], terms=[], placebos=[], strata=[], overrides=[], not_tested=[])
    results.update(verdict="not_enough_evidence", variance_shares=None, warnings=[])
    results["overall"]["transitions"] = []
    report = build_report(results, evidence(pairs=[]))
    assert report.groups.blocks == ()
    assert report.examples.sets == ()
