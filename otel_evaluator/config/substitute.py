"""``${env:NAME}``, ``${env:NAME:-default}`` and ``${file:/path}`` in text values.

A value that was put in is never looked at again: a secret may contain ``${``. ``$${`` stands
for a literal ``${``. Results stay text; numbers and booleans are read from it by their setting.
"""

import re
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from otel_evaluator.config.document import Lines, Path, show
from otel_evaluator.errors import ConfigError

MAX_FILE_BYTES = 64 * 1024
"""A referenced file holds one secret or one rubric."""

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<inside>[^{}]*)(?P<close>[{}]?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Problem(Exception):
    """What is wrong with one reference, and what would be right."""


def substitute(
    values: dict[str, Any], environ: Mapping[str, str], folder: FilePath, lines: Lines
) -> dict[str, Any]:
    """A copy of ``values`` with every reference replaced; records them in ``lines``.

    Raises ConfigError with one line for each reference that cannot be replaced.
    """
    problems: list[str] = []

    def walk(value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return {key: walk(child, (*path, key)) for key, child in value.items()}
        if isinstance(value, list):
            return [walk(child, (*path, index)) for index, child in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value
        try:
            result = _REFERENCE.sub(lambda match: _replace(match, environ, folder), value)
        except _Problem as problem:
            line = lines.line(path)
            problems.append(f"{show(path)}{f' (line {line})' if line else ''}: {problem}")
            return value
        if any(match["inside"] is not None for match in _REFERENCE.finditer(value)):
            lines.references[path] = value
        return result

    replaced: dict[str, Any] = walk(values, ())
    if problems:
        raise ConfigError(problems)
    return replaced


def _replace(match: re.Match[str], environ: Mapping[str, str], folder: FilePath) -> str:
    inside = match["inside"]
    if inside is None:
        return "${"
    if match["close"] == "{":
        raise _Problem("references cannot be nested; give one reference a plain default")
    if not match["close"]:
        raise _Problem("a reference is not closed; write ${env:NAME}, or $${ for a literal ${")
    scheme, colon, rest = inside.partition(":")
    if colon and scheme == "env":
        return _from_environment(rest, environ)
    if colon and scheme == "file":
        return _from_file(rest, folder)
    if _NAME.fullmatch(inside):
        raise _Problem(
            f"${{{inside}}} does not say where to look; write ${{env:{inside}}} for an "
            f"environment variable, or $${{{inside}}} for this text itself"
        )
    raise _Problem("a reference starts with ${env: or ${file:; write $${ for a literal ${")


def _from_environment(rest: str, environ: Mapping[str, str]) -> str:
    name, has_default, default = rest.partition(":-")
    if not _NAME.fullmatch(name):
        raise _Problem(f"{name[:80]!r} is not a name of an environment variable; use A-Z, 0-9, _")
    value = environ.get(name, "").rstrip("\r\n")
    if value:
        return value
    if has_default:
        return default
    state = "is set but empty" if name in environ else "is not set"
    raise _Problem(
        f"the environment variable {name} {state}; set it, or write a default: ${{env:{name}:-…}}"
    )


def _from_file(rest: str, folder: FilePath) -> str:
    """Text of a file; a relative path starts at the folder of the configuration file."""
    path = folder / FilePath(rest).expanduser()
    if not rest or not path.is_file():
        raise _Problem(f"there is no file {rest[:200]!r}; write the full path of a readable file")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise _Problem(f"the file {rest!r} is larger than {MAX_FILE_BYTES // 1024} KiB")
        return content.decode().rstrip("\r\n")
    except OSError as error:
        raise _Problem(f"the file {rest!r} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _Problem(f"the file {rest!r} is not UTF-8 text") from None
