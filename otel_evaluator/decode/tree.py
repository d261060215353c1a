"""The spans of one trace as a graph that may be incomplete, cyclic or contradictory."""

from collections.abc import Callable, Iterable, Mapping

from otel_evaluator.decode.spans import Source


class Tree:
    """Sources by span id, in order of start; ``links`` are parents of spans that were not read.

    Of spans that share an id the first counts. A link that would close a cycle is cut, so
    that following parents always ends.
    """

    def __init__(self, sources: Iterable[Source], links: Mapping[str, str] | None = None) -> None:
        ordered = sorted(sources, key=lambda s: s.reading.span.start_ns)
        self.by_id: dict[str, Source] = {}
        self.sources: list[Source] = []
        self.duplicates = 0
        self._parents: dict[str, str] = dict(links or {})
        for source in ordered:
            span = source.reading.span
            if span.span_id in self.by_id:
                self.duplicates += 1
                continue
            self.by_id[span.span_id] = source
            self.sources.append(source)
            self._parents[span.span_id] = span.parent_span_id
        _cut_cycles(self._parents)

    def ancestor(self, source: Source, accept: Callable[[Source], bool]) -> Source | None:
        """The nearest accepted ancestor."""
        parents, by_id = self._parents, self.by_id
        parent_id = parents.get(source.reading.span.span_id, "")
        while parent_id:
            parent = by_id.get(parent_id)
            if parent is not None and accept(parent):
                return parent
            parent_id = parents.get(parent_id, "")
        return None

    def root(self) -> Source | None:
        """The first span without a parent id."""
        return next((s for s in self.sources if not s.reading.span.parent_span_id), None)


def _cut_cycles(parents: dict[str, str]) -> None:
    """Remove one link of each cycle, that of its earliest span; every span is visited once."""
    done: set[str] = set()
    for start in parents:
        path: set[str] = set()
        current = start
        while current and current not in done:
            path.add(current)
            parent = parents.get(current, "")
            if parent in path:
                parents[parent] = ""
                break
            current = parent
        done |= path
