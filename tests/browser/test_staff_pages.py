"""The pages of those who review, decide and keep, by axe, in every theme, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from audit.oversight import dump_policy
from tests.browser.test_accessibility import EVERYWHERE, violations
from tests.unit.oversight.test_guard import policy
from tests.web.serving import Served, serving
from tests.web.test_faults import CLASSIFIER, OPTIONS

PASSWORD = "correct horse battery"
COLOURS = """async () => {
  const found = await axe.run(document, {runOnly: ['color-contrast', 'link-in-text-block',
    'target-size', 'scrollable-region-focusable']});
  return found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.html}`));
}"""
"""What theme and width can change; the rest of axe looks at the same elements in all."""


@dataclass
class House:
    """A running server, and a browser for everybody who comes to it."""

    served: Served
    folder: Path
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def visitor(self) -> Page:
        """Somebody new."""
        context = self.browser.new_context()
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return context.new_page()

    def arrive(self, link: str) -> Page:
        """Come in by a one-time link, and set a password."""
        page = self.visitor()
        page.goto(link)
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same once more").fill(PASSWORD)
        page.get_by_role("button", name="Set the password").click()
        page.get_by_text("Your password is set.").wait_for()
        return page

    def admit(self, admin: Page, name: str, *roles: str) -> Page:
        """Let an administrator add somebody, who then comes in."""
        admin.goto(f"{self.served.url}/people")
        form = admin.locator("form[action='/people']")
        form.get_by_label("Name").fill(name)
        for role in roles:
            form.locator(f"#new-{role}").check()
        form.get_by_role("button", name="Add").click()
        return self.arrive(admin.locator("code", has_text="/sign-in/link/").inner_text())


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    (folder / "mine.py").write_text(CLASSIFIER)
    text = dump_policy(policy().model_dump(mode="json"))
    (folder / "policy.yaml").write_text(text, "utf-8")
    options = (*OPTIONS, "--store", "s.db", "--keep-text", "--contact", "Ring 555 0100.")
    with serving(*options, cwd=folder) as served:
        made = House(served, folder, browser)
        yield made
        for context in made.contexts:
            context.close()


@pytest.fixture(scope="module")
def admin(house: House) -> Page:
    """Whoever came first."""
    (line,) = [each for each in house.served.said if "First sign-in" in each]
    return house.arrive(line.split()[-1])


def visited(house: House, admin: Page) -> Iterator[Page]:
    """Yield every kind of page, one after the other."""
    url = house.served.url
    house.served.decide("A deaf student came.")
    everything = house.admit(
        admin, "Max", "reviewer", "lead", "signer", "steward", "monitor", "appeals", "admin"
    )
    for path in (
        "/account", "/people", "/review", "/review?view=mine", "/review?view=disputed",
        "/review/settled", "/agreement", "/retention", "/stop", "/sign-off", "/monitor",
        "/nothing", "/people?lang=ja", "/review",
    ):  # fmt: skip
        everything.goto(f"{url}{path}")
        yield everything
    everything.goto(f"{url}/review?lang=en")
    everything.get_by_role("button", name="Take the next item").click()
    yield everything
    everything.get_by_role("button", name="Positive").click()
    yield everything
    everything.get_by_role("button", name="Use mine").click()
    everything.goto(f"{url}/review/settled")
    yield everything
    everything.goto(f"{url}/people")
    everything.locator("summary").last.click()
    everything.locator("form[action$='/link'] button").last.click()
    yield everything
    nobody = house.visitor()
    for path in ("/sign-in", "/sign-in?ended=1", "/sign-in/link/x"):
        nobody.goto(f"{url}{path}")
        yield nobody
    nobody.goto(f"{url}/sign-in")
    nobody.get_by_label("Name").fill("Max")
    nobody.get_by_label("Password").fill("wrong")
    nobody.get_by_role("button", name="Sign in").click()
    yield nobody


def test_every_page_is_accessible_in_every_theme_wide_and_narrow(house: House, admin: Page) -> None:
    pages = 0
    for page in visited(house, admin):
        pages += 1
        for theme, width in EVERYWHERE:
            page.emulate_media(
                color_scheme="dark" if theme == "dark" else "light",
                forced_colors="active" if theme == "forced" else "none",
            )
            page.set_viewport_size({"width": width, "height": 900})
            where = f"{page.url} {theme} {width}"
            if (theme, width) == ("light", 1280):
                found = violations(page)
                assert found["violations"] == [], where
                assert found["rules"] > 60
            else:
                assert page.evaluate(COLOURS) == [], where
            assert page.evaluate("document.documentElement.scrollWidth") <= width, where
        assert page.locator("script").count() == 0
    assert pages >= 20
