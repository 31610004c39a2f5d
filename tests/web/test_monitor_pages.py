"""The monitoring pages and /metrics of the application, on dashboards with every state."""

import html
import re
from urllib.parse import quote

import pytest

from audit.errors import StoreError
from audit.monitor.view import State
from audit.web import create_app
from audit.web.monitor import Current
from audit.web.monitor.rows import lead, newest
from tests.monitor.boards import LABELS, STATES, board, empty, group
from tests.web.pages import Browser, application, person

PAGES = ("/monitor", "/monitor/alarms", "/monitor/feedback", "/monitor/data")


@pytest.fixture
def reader(app, store):
    app.state.current = Current(board)
    person(store, "ada", "monitor")
    browser = Browser(app)
    browser.sign_in("ada")
    return browser


def words(reply):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", reply.text)).split())


def test_every_group_and_its_state_stands_on_the_overview_in_words(reader):
    reply = reader.get("/monitor")
    assert reply.status_code == 200
    rows = re.findall(r'<tr class="group.*?</tr>', reply.text, re.S)
    for name, state in STATES.items():
        row = next(row for row in rows if quote(name) in row)
        assert html.escape(LABELS[name]) in row
        assert f"</svg> {state.words}</span>" in row
    assert "s-ok" not in next(row for row in rows if "epilepsy" in row)


@pytest.mark.parametrize("path", PAGES)
def test_pages_show_nothing_before_there_is_data_and_say_so(app, reader, path):
    app.state.current = Current(empty)
    reply = reader.get(path)
    assert reply.status_code == 200
    assert "</svg> OK</span>" not in re.sub(
        r'<ul class="tally">.*?</ul>', "", reply.text, flags=re.S
    )


def test_too_little_is_no_good_news():
    unknown = board(groups=(group("a", state=State.NOT_ENOUGH_DATA), group("b", state=State.STALE)))
    assert lead(unknown) == "No group has enough data to say anything yet."
    mixed = board(groups=(group("a", state=State.OK), group("epilepsy")))
    assert "1 group has too little data" in lead(mixed)
    assert lead(board()).startswith("Decisions about Blind and partially sighted people differ")


def test_a_group_s_page_has_each_measure_as_chart_words_and_numbers(reader):
    reply = reader.get("/monitor/groups/blind")
    said = words(reply)
    assert reply.text.count('<svg class="chart"') == 4
    assert "The change is estimated to have begun in the week of 7 Sep 2026." in said
    newest_week = newest(board().groups[0], board().measures[0])
    assert f"+{newest_week.gap * 100:.0f} points" in said
    assert reply.text.count("<caption>") == 4


def test_a_hidden_week_shows_no_number_anywhere(reader):
    reply = reader.get("/monitor/groups/epilepsy")
    assert '<svg class="chart"' not in reply.text
    assert not re.search(r"\d+ points", words(reply))
    assert "too few" in words(reply)
    assert "hidden with another" in words(reply)


@pytest.mark.parametrize("name", ["nobody", "../people", "%2e%2e", "a" * 3000])
def test_what_is_not_there_is_not_found(reader, name):
    for path in ("/monitor/groups/", "/monitor/alarms/"):
        assert reader.get(path + quote(name, safe="")).status_code == 404


@pytest.mark.parametrize("name", ["a/b", "x?y", "<script>", "ä ö", "..", 'q"'])
def test_a_group_by_any_name_has_a_page(app, reader, name):
    app.state.current = Current(lambda: board(groups=(group(name, state=State.OK),)))
    found = re.search(r'href="(/monitor/groups/[^"]+)"', reader.get("/monitor").text)
    if name != "..":
        assert reader.get(html.unescape(found[1])).status_code == 200
    assert "<script>" not in reader.get("/monitor").text


def test_what_people_wrote_is_shown_as_text(reader):
    reply = reader.get("/monitor/alarms/gap.unfavourable.wheelchair.2026-09-21")
    assert "<script>" not in reply.text
    assert "acknowledged by robin" in words(reply)
    assert "<textarea" not in reply.text


def test_only_an_alert_that_stands_can_be_acknowledged(reader):
    assert "<textarea" in reader.get("/monitor/alarms/overdue.2026-11-23").text
    for name in ("silence.2026-07-01", "gap.unfavourable.deaf.2026-09-21"):
        assert "<textarea" not in reader.get(f"/monitor/alarms/{name}").text


def test_metrics_come_as_text_and_cost_one_look_a_while(app, reader):
    built = []

    def build():
        built.append(1)
        return board()

    app.state.current = Current(build)
    bodies = {Browser(app).get("/metrics").text for _ in range(20)}
    assert len(built) == 1
    assert len(bodies) == 1
    assert 'audit_monitor_group_state{group="blind",state="alert"} 1.0' in bodies.pop()


def test_metrics_ask_for_the_token_and_answer_no_page(store):
    guarded = create_app(application(store).state.guard, token="t" * 20, store=store)
    reply = Browser(guarded).get("/metrics")
    assert (reply.status_code, reply.headers["content-type"]) == (401, "application/json")
    reply = Browser(guarded).get("/metrics", headers={"Authorization": f"Bearer {'t' * 20}"})
    assert reply.status_code == 200
    assert "audit_monitor_up 1.0" in reply.text


def test_a_store_that_cannot_be_read_is_said_and_no_old_board_is_shown(app, reader):
    answers = [board()]

    def build():
        if not answers:
            raise StoreError("gone")
        return answers.pop()

    app.state.current = Current(build, keep=0)
    assert reader.get("/monitor").status_code == 200
    reply = reader.get("/monitor")
    assert reply.status_code == 503
    assert "</svg> OK" not in reply.text
    assert "audit_monitor_up 0.0" in Browser(app).get("/metrics").text


def test_the_pages_are_in_one_language_and_say_so(reader):
    reply = reader.get("/monitor?lang=ja")
    assert '<html lang="en"' in reply.text
    assert "set-cookie" not in reply.headers
