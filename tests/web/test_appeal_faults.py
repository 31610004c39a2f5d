"""Faults around the public forms of a running server: nothing that was acknowledged is lost."""

import signal
import threading
import time

import httpx

from audit.appeals import status
from audit.oversight import dump_policy
from audit.store import open_store, verify_store
from tests.unit.oversight.test_guard import policy
from tests.web.serving import serving
from tests.web.test_faults import CLASSIFIER, OPTIONS


def test_kill_9_loses_no_appeal_that_was_given_a_code(tmp_path):
    (tmp_path / "mine.py").write_text(CLASSIFIER)
    text = dump_policy(policy().model_dump(mode="json"))
    (tmp_path / "policy.yaml").write_text(text, "utf-8")
    given: list[str] = []
    with serving(*OPTIONS, "--store", "s.db", cwd=tmp_path) as served:

        def send(number):
            # A proxy on this machine says for whom it asks; each network has its own limit.
            headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": f"10.0.0.{number}"}
            with httpx.Client(base_url=served.url, headers=headers, timeout=60) as client:
                for turn in range(20):
                    form = {"text": f"It is wrong, {turn}.", "form": str(number)}
                    try:
                        reply = client.post("/appeal", data=form)
                    except httpx.HTTPError:
                        return
                    if reply.status_code == 303:
                        given.append(reply.headers["location"].split("/")[-1].split("?")[0])

        threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        while len(given) < 20:
            time.sleep(0.005)
        served.process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join(60)
    assert 20 <= len(given) < 160
    with open_store(str(tmp_path / "s.db")) as store:
        assert all(status(store, code).outcome is None for code in given)
        assert verify_store(store).clean
