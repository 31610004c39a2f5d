"""The page on writing probes: its commands run, its example lints, its facts are the program's."""

import re
from pathlib import Path

import pytest

from audit.probes import starter_file
from audit.probes.grammar import languages
from audit.probes.lint import CHECKS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "writing-probes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line]


def test_every_command_of_the_page_runs(audit):
    assert len(COMMANDS) > 12
    for command in COMMANDS:
        name, *arguments = command.split()
        assert name == "audit"
        done = audit(*arguments)
        found_something = arguments[:2] == ["probes", "diff"] or arguments[0] == "run"
        assert done.code in ({0, 1, 4} if found_something else {0}), f"{command}: {done.err}"
        assert "Traceback" not in done.err


def test_the_worked_example_lints_clean_and_runs(audit, tmp_path):
    block = re.search(r"```yaml\n(groups:.*?)```", PAGE, flags=re.DOTALL).group(1)
    groups, sources = block.split("sources:\n")
    text = starter_file().read_text(encoding="utf-8")
    for name, new, following in (
        ("sources:\n", f"sources:\n{sources}", "\n# What the classifier"),
        ("groups:\n", groups, "\n# Sentences, as unlike"),
    ):
        start, end = text.index(f"\n{name}") + 1, text.index(following)
        text = text[:start] + new + text[end:]
    path = tmp_path / "stammering.yaml"
    path.write_text(text, encoding="utf-8")
    clean = audit("probes", "lint", "stammering.yaml")
    assert (clean.code, clean.out) == (0, "1 file, 0 findings, 1 more justified in the files.\n")
    assert audit("run", "stammering.yaml", "--model", "vader").code in {0, 1, 4}
    path.write_text(text.replace("         justification: newspapers write it.}", "}"), "utf-8")
    unexplained = audit("probes", "lint", "stammering.yaml")
    assert unexplained.code == 1
    assert "'afflicted by' is advised against" in unexplained.out


def test_the_page_names_every_check_and_every_language():
    for check in CHECKS:
        assert f"| `{check}` |" in PAGE
    for language in languages():
        assert f"`{language}` |" in PAGE


def test_the_page_is_linked():
    for page in ("README.md", "docs/user-guide.md", "CONTRIBUTING.md"):
        assert "writing-probes.md" in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", PAGE))))
def test_links_lead_somewhere(link):
    if link.startswith("http"):
        assert re.match(r"https?://[\w.-]+\.\w+(/|$)", link)
        return
    file, _, anchor = link.partition("#")
    target = (ROOT / "docs" / (file or "writing-probes.md")).resolve()
    assert target.is_file()
    if anchor:
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
                 for heading in headings}  # fmt: skip
        assert anchor in slugs
