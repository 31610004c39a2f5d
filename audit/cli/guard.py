"""``audit guard``: check a policy, and export, erase or expire what a guard has stored."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import option, require

if TYPE_CHECKING:
    from audit.store import Store

MODEL = option("--model", "-m", required=False, metavar="SCHEME:LOCATOR",
               help="What labels the texts, as for `audit run`.")  # fmt: skip
EDITED = click.option("--edited-because", metavar="REASON",
                      help="Why the policy was edited by hand; refused without.")  # fmt: skip


@click.group()
def guard() -> None:
    """Check a policy before it is enforced, and look after what was decided."""


@guard.command()
@click.argument("policy", type=click.Path(exists=True))
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@MODEL
@EDITED
@click.option("--json", "json_out", is_flag=True, help="Print the result as JSON.")
def check(
    policy: str, texts: tuple[str, ...], model: str | None, edited_because: str | None,
    *, json_out: bool,
) -> int:  # fmt: skip
    """Check POLICY (a run folder or its override-policy.yaml) and say how TEXTs are routed.

    Without --model only the policy and the groups that each text mentions are shown.
    Exit status: 0 nothing found, 1 findings, 2 usage.
    """
    from audit.oversight import PolicyDocument, load_policy
    from audit.oversight.mentions import MentionFinder
    from audit.oversight.policy_file import check_unedited
    from audit.pipeline.safeguard import open_guard, policy_path, run_findings

    path = policy_path(policy)
    document = PolicyDocument.model_validate(load_policy(path))
    reason = check_unedited(document, edited_because)
    findings = run_findings(path, document)
    if document.expires <= datetime.now(UTC):
        findings.append(f"the audit expired on {document.expires:%Y-%m-%d}: all goes to a person")
    if model is None:
        finder = MentionFinder(document.rules)
        shown: list[dict[str, Any]] = [
            {"text": text, "mentions": [dataclasses.asdict(each) for each in finder.find(text)]}
            for text in texts
        ]
    else:
        opened = open_guard(path, model, edited_because=edited_because)
        shown = [
            {"text": text, **dataclasses.asdict(decision)}
            for text, decision in zip(texts, opened.decide_many(texts), strict=True)
        ]
    whole = {"schema_version": 1, "audit_id": document.run.id, "findings": findings,
             "edited_because": reason, "texts": shown}  # fmt: skip
    if json_out:
        click.echo(json.dumps(whole, indent=1, ensure_ascii=False))
    else:
        active = sum(rule.action == "review" for rule in document.rules)
        click.echo(f"Policy of run {document.run.id}: {active} rules for {len(document.rules)} "
                   f"groups, until {document.expires:%Y-%m-%d}")  # fmt: skip
        for finding in findings:
            click.echo(f"FINDING  {finding}")
        for each in shown:
            click.echo(_line(each))
    return 1 if findings else 0


@guard.command()
@click.argument("store", metavar="STORE")
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="File (default: stdout).")
@click.option("--after", type=click.IntRange(min=0), default=0, show_default=True, metavar="SEQ",
              help="Only decisions after this place in the chain.")  # fmt: skip
def export(store: str, output: str | None, after: int) -> int:
    """Write STORE's decisions and reviews as events, one JSON object a line.

    The schema is decision-event.schema.json. Nothing personal is in them.
    """
    with open_existing(store) as opened:
        from audit.store import events

        with click.open_file(output or "-", "w", encoding="utf-8", atomic=bool(output)) as stream:
            for event in events(opened, after=after):
                stream.write(json.dumps(event, ensure_ascii=False) + "\n")
    return 0


@guard.command()
@click.argument("store", metavar="STORE")
@click.option("--subject", help="Everything about this subject.")
@click.option("--decision", metavar="ID", help="One decision, and the notes about it.")
def erase(store: str, subject: str | None, decision: str | None) -> int:
    """Make what is personal in STORE unreadable, by deleting its key; the chain stays whole.

    Exit status: 0 erased, 1 there was nothing left to erase, 2 usage, 3 refused.
    """
    if (subject is None) == (decision is None):
        raise click.UsageError("give --subject or --decision")
    with open_existing(store) as opened:
        count = opened.erase(subject=subject, decision=decision)
    if not count:
        what = "this subject: compare how the name is written" if subject else "this decision"
        click.echo(f"Nothing was erased: nothing readable is left about {what}", err=True)
        return 1
    click.echo(f"{count} keys deleted")
    return 0


@guard.command()
@click.argument("store", metavar="STORE")
@click.option("--tag-days", type=click.IntRange(min=0), default=30, show_default=True,
              help="How long it stays readable which groups a text mentions.")  # fmt: skip
@click.option("--personal-days", type=click.IntRange(min=0), default=180, show_default=True,
              help="How long explanations, kept texts and notes stay readable.")  # fmt: skip
def retain(store: str, tag_days: int, personal_days: int) -> int:
    """Delete keys in STORE whose time is over: the retention job, to be run every day."""
    with open_existing(store) as opened:
        tags, personal = opened.retain(tag_days=tag_days, personal_days=personal_days)
    click.echo(f"{tags} keys of group tags and {personal} of personal parts deleted")
    return 0


@contextmanager
def open_existing(where: str) -> Iterator[Store]:
    """Open a store that exists."""
    require("store", "sqlalchemy", "alembic", "cryptography")
    if "://" not in where and not Path(where).is_file():
        raise click.UsageError(f"there is no store {where}")
    from audit.store import open_store

    with open_store(where) as opened:
        yield opened


def _line(shown: dict[str, Any]) -> str:
    """Return one text and what happens to it."""
    from audit.probes.wording import shortened

    text = shortened(shown["text"])
    if "mentions" in shown:
        groups = ", ".join(dict.fromkeys(each["group"] for each in shown["mentions"]))
        return f"{text}\n    mentions: {groups or 'no group'}"
    why = ", ".join(shown["reasons"])
    explained = f"\n    {shown['explanation']['text']}" if shown["explanation"] else ""
    answer = shown["label"] if shown["label"] is not None else shown["score"]
    return f"{text}\n    {shown['route']}: {answer} ({why}){explained}"
