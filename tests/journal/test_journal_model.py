"""The journal against a model: any sequence of operations, closing and opening in between."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from otel_evaluator.api.journal import Entry, JournalStatistics
from otel_evaluator.errors import JournalFull
from otel_evaluator.journal.sqlite import SqliteJournal

MAX_SIZE = 300


class JournalMachine(RuleBasedStateMachine):
    entries = Bundle("entries")

    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.directory = tempfile.TemporaryDirectory()
        self.model: dict[int, Entry] = {}
        self.state = b""
        self.highest = 0
        self.journal = self.open()

    def open(self):
        async def build():
            return SqliteJournal(Path(self.directory.name) / "journal", "process", MAX_SIZE)

        return self.loop.run_until_complete(build())

    def close(self):
        self.loop.run_until_complete(self.journal.aclose())

    def append_one(self, signal, body, arrived):
        try:
            sequence = self.loop.run_until_complete(self.journal.append(signal, body, arrived))
        except JournalFull:
            assert sum(len(e.body) for e in self.model.values()) + len(body) > MAX_SIZE
            return None
        assert sequence > self.highest
        self.highest = sequence
        self.model[sequence] = Entry(sequence, arrived, signal, body)
        return sequence

    @rule(
        target=entries,
        signal=st.sampled_from(["traces", "logs"]),
        body=st.binary(max_size=120),
        arrived=st.integers(0, 2**63 - 1),
    )
    def append(self, signal, body, arrived):
        return self.append_one(signal, body, arrived)

    @rule(sequences=st.lists(consumes(entries), max_size=3))
    def finish(self, sequences):
        known = [sequence for sequence in sequences if sequence is not None]
        self.journal.finish(known)
        for sequence in known:
            self.model.pop(sequence, None)

    @rule(sequence=entries)
    def finish_again_later(self, sequence):
        if sequence is not None and sequence not in self.model:
            self.journal.finish([sequence])

    @rule(state=st.binary(max_size=20))
    def save_state(self, state):
        self.journal.save_state(state)
        self.state = state

    @rule()
    def reopen(self):
        self.close()
        self.journal = self.open()
        assert list(self.journal.recover()) == list(self.model.values())
        assert self.journal.load_state() == self.state

    @invariant()
    def statistics_are_those_of_the_model(self):
        entries = list(self.model.values())
        assert self.journal.statistics() == JournalStatistics(
            len(entries),
            sum(len(entry.body) for entry in entries),
            entries[0].arrived_ns if entries else 0,
        )

    def teardown(self):
        self.close()
        self.loop.close()
        self.directory.cleanup()


TestJournalModel = JournalMachine.TestCase
TestJournalModel.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
