"""Text that can be written anywhere: UTF-8 without lone surrogates."""

from typing import Any


def clean(value: Any) -> Any:
    r"""The value with every lone surrogate replaced by ``?``; containers are walked.

    JSON escapes such as ``\ud800`` put surrogates into Python text that no encoder takes.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, tuple):
        return tuple(clean(item) for item in value)
    return value
