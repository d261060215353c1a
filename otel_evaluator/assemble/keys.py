"""Which conversation a trace belongs to, as its encoded spans say."""

from collections.abc import Iterable, Sequence

from otel_evaluator.wire.attributes import text_attributes


def conversation_of(spans: Iterable[bytes], keys: Sequence[bytes]) -> tuple[str, bool]:
    """The conversation id and whether several were named.

    The first key of precedence that any span carries wins; of several values under it the
    smallest, so that the order of arrival does not matter. Empty when none is named.
    """
    best = len(keys)
    values: set[str] = set()
    for span in spans:
        candidates = [key for key in keys[: best + 1] if key in span]
        if not candidates:
            continue
        found = text_attributes(span, candidates)
        for rank, key in enumerate(keys[: best + 1]):
            value = found.get(key)
            if value is None:
                continue
            if rank < best:
                best, values = rank, {value}
            else:
                values.add(value)
            break
    return (min(values), len(values) > 1) if values else ("", False)
