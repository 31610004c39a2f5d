"""The guard: enforces an override policy on live texts, and fails to a person.

Every text gets an answer of one of two kinds: ``auto``, the classifier's label may count, or
``review``, a person decides. Whatever goes wrong here, in the classifier or in the store, is a
``review`` with a reason.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.errors import ClassifierError
from audit.oversight.calls import Answer, ClassifierTimeoutError, TimedClassifier
from audit.oversight.clock import Clock, utc_now
from audit.oversight.conditions import is_due, needs_counterfactual
from audit.oversight.drafts import Draft
from audit.oversight.explanation import Unmentioner, explain
from audit.oversight.mentions import MentionFinder
from audit.oversight.policy_file import check_unedited, load_policy
from audit.oversight.policy_schema import PolicyDocument
from audit.oversight.references import id_of, new_reference
from audit.protocols import Classifier, DecisionSink
from audit.records import Decision, Explanation, ReasonCode, Route

log = logging.getLogger(__name__)

TIMEOUT = 10.0
MAX_CHARACTERS = 20_000


class Guard:
    """Routes texts by an override policy.

    Parameters
    ----------
    policy : PolicyDocument
        From `load_policy`; use `Guard.from_policy` for a file.
    classifier : Classifier or callable
        What labels the texts: any target of this package, or a function from a list of texts to a
        list of labels, scores or ``{label: probability}``.
    sink : DecisionSink, optional
        Where decisions are written before they are answered. One that cannot be written becomes a
        review. Where it also has ``opted_out``, as a `Store` does, standing opt-outs of subjects
        are honoured.
    timeout : float
        Seconds the classifier may take for one call.
    shadow : bool
        Record what the policy asks for, but leave every answer to the classifier.
    appeal_url : str, optional
        Where the affected person gets a person; given back with every decision, with the
        decision's reference in the place of ``{reference}``.
    max_characters : int
        Longer texts go to a person unread.
    stopped : callable, optional
        While it returns true everything goes to a person.
    keep_text : bool
        Hand the sink the texts that go to a person, for it to keep sealed.
    edited_because : str, optional
        Why the policy was edited by hand; without it an edited policy is refused.
    now : callable
        Present time in UTC.

    Raises
    ------
    ConfigError
        If the policy was edited by hand and no reason is given.
    """

    def __init__(
        self,
        policy: PolicyDocument,
        classifier: Classifier | Callable[..., Any],
        *,
        sink: DecisionSink | None = None,
        timeout: float = TIMEOUT,
        shadow: bool = False,
        appeal_url: str | None = None,
        max_characters: int = MAX_CHARACTERS,
        stopped: Callable[[], bool] | None = None,
        keep_text: bool = False,
        edited_because: str | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.policy = policy
        self.edited_because = check_unedited(policy, edited_because)
        self._classifier = TimedClassifier(classifier, timeout)
        self._sink = sink
        self._opted_out: Callable[[Collection[str]], Collection[str]] | None = getattr(
            sink, "opted_out", None
        )
        self.shadow = shadow
        self._appeal_url = appeal_url
        self._max_characters = max_characters
        self._stopped = stopped
        self._keep_text = keep_text
        self._clock = Clock(now, policy.created, sink.latest() if sink is not None else None)
        self._rules = {rule.group: rule for rule in policy.rules if rule.action == "review"}
        self._finder = MentionFinder(policy.rules)
        self._unmentioner = Unmentioner(policy)
        self._labels = frozenset(policy.task.labels) if policy.task else frozenset()

    @classmethod
    def from_policy(
        cls, path: str | Path, classifier: Classifier | Callable[..., Any], **options: Any
    ) -> Guard:
        """Load a policy file and guard a classifier with it.

        Parameters
        ----------
        path : path
            ``override-policy.yaml`` of a run.
        classifier, **options
            As for `Guard`.

        Raises
        ------
        ConfigError
            If the file is no policy, or was edited by hand and no reason is given.

        Examples
        --------
        >>> from audit import Guard  # doctest: +SKIP
        >>> guard = Guard.from_policy("reports/latest/override-policy.yaml", classify)
        >>> guard.decide("I'm a disabled joyful person").route
        'review'
        """
        return cls(PolicyDocument.model_validate(load_policy(path)), classifier, **options)

    def decide(self, text: str, *, opt_out: bool = False, subject: str | None = None) -> Decision:
        """Label one text and say who decides.

        Parameters
        ----------
        text : str
            The text.
        opt_out : bool
            The person asked for a person: the classifier is not asked at all.
        subject : str, optional
            Whom the text is about, for erasing later and for a standing opt-out.

        Returns
        -------
        Decision
            Always: errors are reviews with a reason.
        """
        return self.decide_many([text], opt_out=[opt_out], subjects=[subject])[0]

    def decide_many(
        self,
        texts: Sequence[str],
        *,
        opt_out: Sequence[bool] | None = None,
        subjects: Sequence[str | None] | None = None,
    ) -> list[Decision]:
        """Label texts in one go, as `decide` does each.

        Raises
        ------
        ValueError
            If ``opt_out`` or ``subjects`` has another length than ``texts``.
        """
        out = [False] * len(texts) if opt_out is None else opt_out
        whom = [None] * len(texts) if subjects is None else subjects
        if not len(texts) == len(out) == len(whom):
            raise ValueError("texts, opt_out and subjects must have the same length")
        drafts = [Draft(text) for text in texts]
        try:
            self._route(drafts, self._wishes(out, whom))
        except Exception as error:
            # Nothing may leave here as an answer that counts, whatever went wrong.
            log.error("the guard failed: %s", type(error).__name__)
            for draft in drafts:
                draft.reasons.insert(0, "guard_error")
        decisions = [self._decision(draft) for draft in drafts]
        return self._recorded(decisions, whom, texts) if self._sink is not None else decisions

    def _wishes(self, opt_out: Sequence[bool], subjects: Sequence[str | None]) -> list[bool]:
        """Add the standing opt-outs of the subjects to what is asked this time."""
        named = {subject for subject in subjects if subject is not None}
        standing = self._opted_out(named) if named and self._opted_out is not None else ()
        return [out or subject in standing for out, subject in zip(opt_out, subjects, strict=True)]

    def _route(self, drafts: Sequence[Draft], opt_out: Sequence[bool]) -> None:
        """Give every draft its answer and its reasons."""
        general = self._general()
        for draft, out in zip(drafts, opt_out, strict=True):
            draft.reasons += ["opt_out"] if out else []
            draft.reasons += general
            self._read(draft)
        waiting = [draft for draft in drafts if draft.open]
        self._answer(waiting)
        self._apply([draft for draft in waiting if draft.open])

    @property
    def everything_to_people(self) -> bool:
        """Whether a person decides about every text now, whatever it says."""
        return bool(self._general())

    def _general(self) -> list[ReasonCode]:
        """Return what sends every text to a person now."""
        found: list[ReasonCode] = []
        if self._stopped is not None and self._stopped():
            found.append("stopped")
        now = self._clock.read()
        if now is None:
            found.append("clock_wrong")
        elif now >= self.policy.expires:
            found.append("audit_expired")
        system, loaded = self.policy.system, self._classifier.fingerprint
        if system is not None and system.fingerprint and loaded and loaded != system.fingerprint:
            found.append("other_system")
        return found

    def _read(self, draft: Draft) -> None:
        """Find the mentions of a text that can be read."""
        text = draft.text
        if not isinstance(text, str) or not text.strip() or not _encodable(text):
            draft.reasons.append("text_unusable")
        elif len(text) > self._max_characters:
            draft.reasons.append("text_too_long")
        else:
            draft.mentions = self._finder.find(text)

    def _answer(self, drafts: Sequence[Draft]) -> None:
        """Ask the classifier about the texts."""
        answers = self._ask(drafts, [draft.text for draft in drafts])
        for draft, answer in zip(drafts, answers, strict=True):
            draft.answer = answer
            if answer is not None and not self._usable(answer):
                draft.reasons.append("no_label")

    def _usable(self, answer: Answer) -> bool:
        """Tell whether an answer is one of the task's."""
        task = self.policy.task
        if task is None:
            return answer.label is not None or answer.score is not None
        return answer.score is not None if task.kind == "score" else answer.label in self._labels

    def _ask(self, drafts: Sequence[Draft], texts: Sequence[str]) -> list[Answer | None]:
        """Ask, or note for every draft why there is no answer."""
        if not texts:
            return []
        code: ReasonCode = "classifier_error"
        try:
            return list(self._classifier.ask(texts))
        except ClassifierTimeoutError:
            code = "classifier_timeout"
        except ClassifierError as error:
            log.error("%s", error.what)
        for draft in drafts:
            draft.reasons.append(code)
        return [None] * len(texts)

    def _apply(self, drafts: Sequence[Draft]) -> None:
        """Apply the rules of the groups that are mentioned, and explain what they route."""
        pending = []
        for draft in drafts:
            groups = dict.fromkeys(mention.group for mention in draft.mentions)
            rules = [self._rules[group] for group in groups if group in self._rules]
            if draft.answer is None or not rules:
                continue
            draft.due = [rule for rule in rules if is_due(rule, draft.answer)]
            if draft.due:
                pending.append(draft)
        asked = []
        for draft in pending:
            concerned = {rule.group for rule in draft.due}
            other = self._unmentioner.without(
                draft.text,
                [mention for mention in draft.mentions if mention.group in concerned],
            )
            if other is None:
                self._settle(draft, None)
            else:
                asked.append((draft, other))
        answers = self._ask([draft for draft, _ in asked], [other.text for _, other in asked])
        for (draft, other), answer in zip(asked, answers, strict=True):
            if answer is None or draft.answer is None:
                continue
            if (answer.label, answer.score) == (None, None):
                self._settle(draft, None)
                continue
            differs = (answer.label, answer.score) != (draft.answer.label, draft.answer.score)
            shown = answer.label if answer.label is not None else f"{answer.score:.3g}"
            draft.explanation = Explanation(
                text=explain(other, shown, differs=differs, language=self.policy.probe.language),
                words=other.words,
                counterfactual_text=other.text,
                counterfactual_label=answer.label,
                counterfactual_score=answer.score,
                differs=differs,
            )
            self._settle(draft, answer)

    def _settle(self, draft: Draft, without: Answer | None) -> None:
        """Keep the rules that hold once the answer without the mention is known."""
        unknown = without is None
        for rule in draft.due:
            if needs_counterfactual(rule):
                predicted = rule.when.predicted if rule.when else None
                if unknown:
                    draft.reasons += ["rule_applies", "counterfactual_unavailable"]
                elif without is not None and (
                    without.label not in predicted
                    if predicted
                    else draft.explanation is not None and draft.explanation.differs
                ):
                    draft.reasons += ["rule_applies", "counterfactual_differs"]
                continue
            draft.reasons.append("rule_applies")
            if rule.when is not None and rule.when.repeats_differ and draft.answer is not None:
                steady = draft.answer.steady
                draft.reasons.append("repeats_unavailable" if steady is None else "repeats_differ")

    def _decision(self, draft: Draft) -> Decision:
        """Turn a draft into the record."""
        answer = draft.answer
        would: Route = "review" if draft.reasons else "auto"
        answered = answer is not None and (answer.label is not None or answer.score is not None)
        route: Route = "auto" if self.shadow and answered else would
        reasons: list[ReasonCode] = list(draft.reasons) or ["no_rule_applies"]
        if self.edited_because is not None:
            reasons.append("policy_edited")
        reference = new_reference()
        url = self._appeal_url
        return Decision(
            id=id_of(reference),
            time=self._clock.stamp(),
            route=route,
            would_route=would,
            label=answer.label if answer else None,
            score=answer.score if answer else None,
            confidence=answer.confidence if answer else None,
            reasons=tuple(dict.fromkeys(reasons)),
            groups=tuple(dict.fromkeys(mention.group for mention in draft.mentions)),
            explanation=draft.explanation,
            appeal_url=url.replace("{reference}", reference) if url else url,
            audit_id=self.policy.run.id,
            policy_sha256=self.policy.sha256 or "",
            shadow=self.shadow,
            recorded=False,
            reference=reference,
        )

    def _kept(self, decisions: Sequence[Decision], texts: Sequence[str]) -> list[str | None] | None:
        """Return the texts that a person will have to read, where they are to be kept."""
        if not self._keep_text:
            return None
        return [
            text
            if decision.would_route == "review"
            and isinstance(text, str)
            and len(text) <= self._max_characters
            else None
            for decision, text in zip(decisions, texts, strict=True)
        ]

    def _recorded(
        self,
        decisions: Sequence[Decision],
        subjects: Sequence[str | None],
        texts: Sequence[str],
    ) -> list[Decision]:
        """Write the decisions; those that cannot be written go to a person."""
        written = [dataclasses.replace(decision, recorded=True) for decision in decisions]
        try:
            if self._sink is not None:
                self._sink.record(written, subjects, self._kept(decisions, texts))
        except Exception as error:
            log.error("decisions could not be recorded: %s", type(error).__name__)
            return [
                dataclasses.replace(
                    decision,
                    route="review",
                    would_route="review",
                    reasons=("not_recorded", *decision.reasons),
                )
                for decision in decisions
            ]
        return written


def _encodable(text: str) -> bool:
    """Tell whether a text has no lone half of a character pair."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False
