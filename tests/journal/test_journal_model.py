"""The journal against a model: any sequence of operations, closing and opening in between."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from otel_evaluator.api.journal import Closed, Done, Entry, Part
from otel_evaluator.journal.sqlite import SqliteJournal

SINKS = ("a", "b")


class JournalMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.directory = tempfile.TemporaryDirectory()
        self.entries: dict[int, Entry] = {}
        self.parts: dict[int, bytes] = {}
        self.closed: list[Closed] = []
        self.open_rows: list[tuple[int, bytes]] = []
        self.batches: list[tuple[int, str, list[bytes]]] = []
        self.cursors = dict.fromkeys(SINKS, 0)
        self.state = b""
        self.highest = 0
        self.open()

    def run(self, work):
        return self.loop.run_until_complete(work)

    def open(self):
        async def build():
            return SqliteJournal(Path(self.directory.name) / "journal", "process", 2**24)

        self.journal = self.run(build())
        return self.run(self.journal.outbox(SINKS))

    @rule(
        signal=st.sampled_from(["traces", "logs"]),
        body=st.binary(max_size=120),
        arrived=st.integers(0, 2**63 - 1),
    )
    def append(self, signal, body, arrived):
        sequence = self.run(self.journal.append(signal, body, arrived, "c"))
        assert sequence > self.highest
        self.highest = sequence
        self.entries[sequence] = Entry(sequence, arrived, signal, "c", body)

    @rule(data=st.data(), rows=st.binary(max_size=50), part=st.booleans())
    def finish(self, data, rows, part):
        chosen = data.draw(st.sets(st.sampled_from(sorted(self.entries)))) if self.entries else ()
        gone = data.draw(st.sets(st.sampled_from(sorted(self.parts)))) if self.parts else ()
        closed = Closed("trace", f"{len(self.closed):032x}", 1, b"seen", b"story")
        done = Done(
            entries=tuple(chosen),
            rows=rows,
            outcomes=1,
            closed=closed,
            part=Part("c", b"t", rows) if part else None,
            parts=tuple(gone),
        )
        kept = self.run(self.journal.finish(done))
        for sequence in chosen:
            del self.entries[sequence]
        for sequence in gone:
            del self.parts[sequence]
        if part:
            self.parts[kept.part] = rows
        if rows:
            self.open_rows.append((kept.row, rows))
        self.closed.append(closed)

    @precondition(lambda self: self.open_rows)
    @rule(data=st.data())
    def freeze(self, data):
        count = data.draw(st.integers(1, len(self.open_rows)))
        taken, self.open_rows = self.open_rows[:count], self.open_rows[count:]
        batch_id = f"batch {len(self.batches)}"
        frozen = self.run(self.journal.freeze(batch_id, taken[-1][0]))
        assert frozen.outcomes == count
        self.batches.append((frozen.number, batch_id, [rows for _, rows in taken]))

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), sink=st.sampled_from(SINKS))
    def deliver(self, data, sink):
        number = data.draw(st.sampled_from([number for number, _, _ in self.batches]))
        self.journal.delivered(sink, number)
        self.cursors[sink] = max(number, self.cursors[sink])

    @rule(state=st.binary(max_size=20))
    def save_state(self, state):
        self.journal.save_state(state)
        self.state = state

    @rule()
    def reopen(self):
        self.run(self.journal.aclose())
        batches, cursors, rows = self.open()
        assert self.run(self.journal.read(0)) == list(self.entries.values())
        assert self.journal.load_state() == self.state
        assert list(self.journal.closed()) == self.closed
        assert {p.sequence: p.body for p in self.journal.parts()} == self.parts
        assert cursors == self.cursors
        assert [row.sequence for row in rows] == [row for row, _ in self.open_rows]
        everywhere = min(self.cursors.values())
        owed = [(n, i, r) for n, i, r in self.batches if n > everywhere]
        assert [(b.number, b.id, self.run(self.journal.rows(b))) for b in batches] == owed

    @invariant()
    def the_count_is_that_of_the_model(self):
        assert self.journal.statistics().entries == len(self.entries)

    def teardown(self):
        self.run(self.journal.aclose())
        self.loop.close()
        self.directory.cleanup()


TestJournalModel = JournalMachine.TestCase
TestJournalModel.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
