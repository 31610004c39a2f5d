"""The review load of all rules together, and the traffic it is counted with."""

import pytest

from audit.errors import ConfigError
from audit.oversight import content_sha256, load_policy
from audit.pipeline import report_run
from audit.pipeline.attachments import RESULTS, read_attachments
from audit.pipeline.verify import verify_run
from tests.small_runs import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run in which every fourth text about deaf people is called Negative."""
    return make_run(tmp_path_factory.mktemp("run"), {"deaf": 2, "blind": 1})


def test_without_shares_the_groups_count_alike(run):
    results = report_run(run).results
    loads = [
        rule["review_load_per_1000"]
        for rule in results["overrides"]
        if rule["assumption"] == "human_like_reference"
    ]
    assert len(loads) == 2
    assert results["override_load"] == {
        "per_1000": pytest.approx(sum(loads) / 2),
        "of": "texts that mention a group with a rule",
        "shares": None,
    }


def test_shares_of_the_traffic_count_all_texts_and_stay_with_the_run(run):
    traffic = {"deaf": 0.02, "blind": 0.1}
    results = report_run(run, traffic=traffic).results
    loads = {rule["group"]: rule["review_load_per_1000"] for rule in results["overrides"]}
    expected = 0.02 * loads["deaf"] + 0.1 * loads["blind"]
    assert results["override_load"]["per_1000"] == pytest.approx(expected)
    assert results["override_load"]["of"] == "all texts"
    assert read_attachments(run).traffic == traffic
    assert report_run(run).results["override_load"]["shares"] == traffic
    assert not any(RESULTS in finding for finding in verify_run(run).findings)


@pytest.mark.parametrize("traffic", [{"nobody": 0.1}, {"deaf": 1.5}, {"deaf": -0.1}])
def test_what_is_no_share_is_refused(run, traffic):
    with pytest.raises(ConfigError, match="no share of the traffic") as caught:
        report_run(run, traffic=traffic)
    assert caught.value.exit_code == 2


def test_the_policy_of_a_run_is_whole(run):
    policy = load_policy(run / "override-policy.yaml")
    assert policy["sha256"] == content_sha256(policy)
    assert policy["system"]["model"].startswith("python:")
    assert policy["neutral"] == {"en": "local"}
    assert {rule["group"]: rule["action"] for rule in policy["rules"]} == {
        "blind": "review",
        "deaf": "review",
    }
