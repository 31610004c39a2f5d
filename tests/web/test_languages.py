"""Every message of every page has a Japanese one, with the same values in it."""

import re
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import audit.web
from tests.web.pages import Browser, person

ROOM = Path(audit.web.__file__).parent


def test_no_message_is_without_a_translation():
    found = extract_from_dir(
        ROOM, method_map=[("**.py", "python"), ("**.html", "jinja2")],
        keywords={"mark": None, "_": None},
    )  # fmt: skip
    messages = {message for _, _, message, *_ in found}
    catalogue = {}
    for path in (ROOM / "locale" / "ja" / "LC_MESSAGES").glob("*.po"):
        for each in read_po(BytesIO(path.read_bytes()), locale="ja"):
            if each.id and isinstance(each.id, str):
                catalogue[each.id] = each.string
    assert len(messages) > 300
    assert messages <= set(catalogue), messages - set(catalogue)
    for message, said in catalogue.items():
        assert said, message
        values = r"%\(\w+\)s"
        assert sorted(re.findall(values, said)) == sorted(re.findall(values, message)), message


def test_refusals_are_said_in_the_reader_s_language(store, browser):
    person(store, "Bo", "reviewer")
    browser.sign_in("Bo")
    browser.get("/account?lang=ja")
    assert "許可されていません" in browser.get("/people").text
    assert "この項目の担当は終わっています" in browser.get("/review/items/none").text
    assert "何も保存していません" in Browser(browser.app).post(
        "/people", headers={"Sec-Fetch-Site": "cross-site", "Accept-Language": "ja"}
    ).text  # fmt: skip
