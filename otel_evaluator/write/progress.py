"""What a sink has already taken of a batch that failed half way."""

from collections import OrderedDict

REMEMBERED_BATCHES = 1_000


class Progress:
    """Remembers, per batch id, the destinations (tables, signals) that confirmed it.

    A part of a bisected batch is named ``<batch>/0``: what its whole wrote, it wrote.
    """

    def __init__(self, remembered: int = REMEMBERED_BATCHES) -> None:
        self._remembered = remembered
        self._done: OrderedDict[str, set[str]] = OrderedDict()

    def done(self, batch_id: str, destination: str) -> bool:
        """Whether this destination confirmed the batch, or the batch it was cut from."""
        while True:
            if destination in self._done.get(batch_id, ()):
                return True
            whole, slash, _ = batch_id.rpartition("/")
            if not slash:
                return False
            batch_id = whole

    def note(self, batch_id: str, destination: str) -> None:
        """The destination confirmed the batch."""
        self._done.setdefault(batch_id, set()).add(destination)
        self._done.move_to_end(batch_id)
        while len(self._done) > self._remembered:
            self._done.popitem(last=False)

    def forget(self, batch_id: str) -> None:
        """The whole batch is confirmed."""
        self._done.pop(batch_id, None)
