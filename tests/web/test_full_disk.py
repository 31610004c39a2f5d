"""A disk that is really full under a running application: what it acknowledged is there."""

from audit.monitor import build_dashboard
from audit.monitor import change_settings as change_monitor
from audit.review.settings import change_settings
from audit.store import open_store, verify_store
from benchmarks.reviewing import fill, stored
from tests.monitor.events import decision
from tests.small_disk import small_disk
from tests.web.pages import Browser, application, person


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path):
    with small_disk(tmp_path / "disk") as disk, open_store(str(disk.folder / "s.db")) as store:
        change_settings(store, by="test", double_every=256)
        change_monitor(store, unfavourable=("Negative",))
        fill(store, 1)
        person(store, "Bo", "reviewer")
        app = application(store)
        bo = Browser(app)
        bo.sign_in("Bo")
        at = bo.post("/review/next").headers["location"]
        bo.post(f"{at}/label", data={"label": "Positive"})

        disk.fill()
        decided = [bo.post("/v1/decide", json={"text": f"a teacher {n}"}).json() for n in range(60)]
        refused = [each for each in decided if not each["recorded"]]
        assert refused, "the disk never was full"
        assert all(each["route"] == "review" for each in refused)
        assert refused[0]["reasons"][0] == "not_recorded"
        reviewed = bo.post(f"{at}/decide", data={"choice": "keep"})
        assert (reviewed.status_code, "Nothing was saved" in reviewed.text) == (503, True)
        event = decision(1, label="Negative", route="review")
        assert bo.post("/v1/events", json={"events": [event]}).status_code == 503
        assert bo.get("/review").status_code == 200
        assert stored(store) == []

        disk.free()
        assert bo.post(f"{at}/decide", data={"choice": "keep"}).status_code == 303
        assert bo.post("/v1/events", json={"events": [event]}).json()["taken"] == 1
        assert bo.post("/v1/decide", json={"text": "a teacher"}).json()["recorded"]
        kept = {each.id for each in store.decisions()}
        assert {each["id"] for each in decided if each["recorded"]} <= kept
        assert not {each["id"] for each in refused} & kept
        assert len(stored(store)) == 1
        assert build_dashboard(store).health.counters.get("duplicates", 0) == 0
        assert verify_store(store).clean
