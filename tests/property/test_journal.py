"""What the journal made durable is read back, or an error says why: never a shorter run as whole.

A machine writes batches, dies in the middle of one, resumes and ends the run in any order; after
every step the file is read, and a damaged copy of it too.
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from audit.errors import RunLogError
from audit.records import Prediction, Variant
from audit.runlog import FILE_NAME, RunLogWriter, read_run
from audit.runlog.codec import encode_predictions, encode_record
from tests.small_runs import log_header

ENDED = {"finished": "2026-01-01T00:00:00Z", "n_requests": 0, "notes": []}
TEXTS = st.text(max_size=6) | st.sampled_from(["\ud800", "\u2028", '"', "\n", "\x00", "é"])
ANSWERS = st.builds(
    dict,
    probabilities=st.none() | st.dictionaries(TEXTS, st.floats(0, 1), max_size=2),
    unparsed=st.none() | st.floats(0, 1),
    samples=st.lists(st.none() | TEXTS, max_size=2).map(tuple),
    score=st.none() | st.floats(-1e300, 1e300),
    raw=st.lists(TEXTS, max_size=2).map(tuple),
)
BATCHES = st.lists(st.tuples(TEXTS, ANSWERS), min_size=1, max_size=4)


class Journal(RuleBasedStateMachine):
    """A log, and what must be in it."""

    @initialize()
    def start(self):
        self.folder = Path(tempfile.mkdtemp(prefix="journal-"))
        self.path = self.folder / FILE_NAME
        self.writer = RunLogWriter.create(self.path, log_header())
        self.answers, self.number, self.status, self.torn = {}, 0, None, False

    def teardown(self):
        if self.writer is not None:
            self.writer._handle.close()
        shutil.rmtree(self.folder)

    def made(self, batch):
        """Return a batch as records, with ids of their own."""
        variants, answers = [], []
        for text, given in batch:
            name = f"v{self.number}"
            self.number += 1
            variants.append(
                Variant(
                    id=name, text=text, role="group", context="c", unit="c", term="t", group="g"
                )
            )
            answers.append(Prediction(id=name, **given))
        return variants, answers

    def keep(self, variants, answers):
        self.answers |= {v.id: (v, a) for v, a in zip(variants, answers, strict=True)}

    @precondition(lambda self: self.writer is not None)
    @rule(batch=BATCHES)
    def write(self, batch):
        variants, answers = self.made(batch)
        self.writer.predictions(variants, answers)
        self.keep(variants, answers)

    @precondition(lambda self: self.writer is not None)
    @rule(batch=BATCHES, share=st.floats(0, 1))
    def die_while_writing(self, batch, share):
        variants, answers = self.made(batch)
        lines = encode_predictions(
            range(len(self.answers), len(self.answers) + len(batch)), variants, answers
        )
        kept = b"".join(lines)[: int(share * sum(map(len, lines)))]
        self.writer._handle.close()
        self.writer = None
        with self.path.open("ab") as handle:
            handle.write(kept)
        whole = kept.count(b"\n")
        self.keep(variants[:whole], answers[:whole])
        self.torn = bool(kept) and not kept.endswith(b"\n")

    @precondition(lambda self: self.writer is None and self.status != "complete")
    @rule()
    def resume(self):
        self.writer = RunLogWriter.reopen(read_run(self.path))
        assert self.writer.count == len(self.answers)
        self.status, self.torn = None, False

    @precondition(lambda self: self.writer is not None)
    @rule(status=st.sampled_from(["complete", "interrupted", "failed", "partial"]))
    def end(self, status):
        self.writer.footer(status=status, **ENDED)
        self.writer._handle.close()
        self.writer, self.status = None, status

    @precondition(lambda self: self.status == "complete")
    @rule()
    def resume_what_is_complete(self):
        with pytest.raises(RunLogError, match="already complete"):
            RunLogWriter.reopen(read_run(self.path))

    @precondition(lambda self: self.status is not None)
    @rule(data=st.data())
    def add_after_the_footer(self, data):
        lines = self.path.read_bytes().splitlines(keepends=True)
        again = encode_record({"type": "footer", "status": "complete", **ENDED})
        extra = data.draw(st.sampled_from([*lines, again]))
        with pytest.raises(RunLogError):
            self.read_copy(b"".join(lines) + extra)

    @precondition(lambda self: self.status is not None and self.answers)
    @rule(data=st.data())
    def forge_an_answer(self, data):
        variant, answer = data.draw(st.sampled_from(list(self.answers.values())))
        other = replace(answer, raw=(*answer.raw, "forged"))
        lines = self.path.read_bytes().splitlines(keepends=True)
        lines[1 + list(self.answers).index(variant.id)] = encode_predictions(
            [0], [variant], [other]
        )[0]
        with pytest.raises(RunLogError, match="added, removed or moved"):
            self.read_copy(b"".join(lines))

    @rule(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
    def flip_a_bit(self, place, bit):
        content = bytearray(self.path.read_bytes())
        content[int(place * len(content))] ^= 1 << bit
        self.read_damaged(bytes(content))

    @rule(share=st.floats(0, 1, exclude_max=True))
    def cut(self, share):
        content = self.path.read_bytes()
        self.read_damaged(content[: int(share * len(content))])

    @rule(data=st.data())
    def repeat_or_remove_a_line(self, data):
        lines = self.path.read_bytes().splitlines(keepends=True)
        place = data.draw(st.integers(0, len(lines) - 1))
        lines[place : place + 1] = data.draw(st.sampled_from([[], [lines[place]] * 2]))
        if self.status is not None and place < len(lines) - 1:
            with pytest.raises(RunLogError):
                self.read_copy(b"".join(lines))
        else:
            self.read_damaged(b"".join(lines))

    def read_copy(self, content):
        copy = self.folder / "damaged.jsonl"
        copy.write_bytes(content)
        return read_run(copy)

    def read_damaged(self, content):
        """A damaged log is refused, or holds true answers only and is no run that ended."""
        try:
            log = self.read_copy(content)
        except RunLogError:
            return
        held = {v.id: (v, log.predictions[v.id]) for v in log.variants}
        assert held.items() <= self.answers.items()
        assert log.footer is None or held == self.answers

    @invariant()
    def what_is_durable_is_read_back(self):
        log = read_run(self.path)
        assert {v.id: (v, log.predictions[v.id]) for v in log.variants} == self.answers
        assert log.n_answers == len(self.answers)
        assert (log.footer or {}).get("status") == self.status
        assert log.torn == self.torn


Journal.TestCase.settings = settings(
    max_examples=100, stateful_step_count=15, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
TestJournal = Journal.TestCase
