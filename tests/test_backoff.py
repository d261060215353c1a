from functools import partial

from otel_evaluator.clock import backoff_s

wait = partial(backoff_s, 0.5, 4.0)


def test_waits_double_to_the_longest_with_jitter() -> None:
    waits = [wait(attempt, None, lambda: 1.0) for attempt in range(1, 7)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert wait(4, None, lambda: 0.0) == 2.0
    assert wait(10_000, None, lambda: 1.0) == 4.0


def test_what_was_asked_for_is_never_undercut() -> None:
    assert wait(1, 9.0, lambda: 0.0) == 9.0
