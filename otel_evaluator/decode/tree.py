"""The spans of one trace as a graph that may be incomplete, cyclic or contradictory."""

from collections.abc import Callable, Iterable, Mapping

from otel_evaluator.decode.spans import Source


class Tree:
    """Sources by span id, in order of start; ``links`` are parents of spans that were not read.

    Of spans that share an id the first counts; a span that is its own ancestor has no
    ancestors from there on.
    """

    def __init__(self, sources: Iterable[Source], links: Mapping[str, str] | None = None) -> None:
        self._links = links or {}
        ordered = sorted(sources, key=lambda s: s.reading.span.start_ns)
        self.by_id: dict[str, Source] = {}
        self.sources: list[Source] = []
        self.duplicates = 0
        for source in ordered:
            span_id = source.reading.span.span_id
            if span_id in self.by_id:
                self.duplicates += 1
                continue
            self.by_id[span_id] = source
            self.sources.append(source)

    def ancestor(self, source: Source, accept: Callable[[Source], bool]) -> Source | None:
        """The nearest accepted ancestor."""
        seen = {source.reading.span.span_id}
        parent_id = source.reading.span.parent_span_id
        while parent_id and parent_id not in seen:
            seen.add(parent_id)
            parent = self.by_id.get(parent_id)
            if parent is None:
                parent_id = self._links.get(parent_id, "")
                continue
            if accept(parent):
                return parent
            parent_id = parent.reading.span.parent_span_id
        return None

    def root(self) -> Source | None:
        """The first span without a parent id."""
        return next((s for s in self.sources if not s.reading.span.parent_span_id), None)
