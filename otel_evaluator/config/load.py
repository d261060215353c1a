"""A configuration file to plain values: read, parsed safely, references replaced."""

import codecs
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from otel_evaluator.config.document import Lines, parse
from otel_evaluator.config.substitute import substitute
from otel_evaluator.errors import ConfigError

MAX_BYTES = 1024 * 1024
"""A configuration file; real ones are a few KiB."""


@dataclass(frozen=True)
class Document:
    """What a file says, and where it says it."""

    values: dict[str, Any]
    lines: Lines


def load(path: str | os.PathLike[str], environ: Mapping[str, str]) -> dict[str, Any]:
    """Values of the file; ConfigError when it cannot be read as configuration."""
    return read(path, environ).values


def read(path: str | os.PathLike[str], environ: Mapping[str, str]) -> Document:
    """Values of the file with their lines, for ``explain``; ConfigError as in ``load``."""
    file = FilePath(path)
    text = _decode(_bytes(file), str(path))
    lines = Lines(file=str(path))
    try:
        values = parse(text, lines)
        return Document(substitute(values, environ, file.resolve().parent, lines), lines)
    except ConfigError as error:
        # Every line names its file: several may be in play.
        raise ConfigError([f"{path}: {problem}" for problem in error.problems]) from None


def _bytes(file: FilePath) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError([f"{file}: there is no such file; check --config"]) from None
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read: {error.strerror}"]) from None
    if len(content) > MAX_BYTES:
        raise ConfigError([f"{file}: larger than 1 MiB; is it a configuration file?"])
    return content


def _decode(content: bytes, name: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ConfigError([f"{name}: the file is UTF-16; save it as UTF-8"])
    try:
        # A UTF-8 byte order mark at the very start is harmless.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            [f"{name}: line {line}: not UTF-8 text; save the file as UTF-8"]
        ) from None
    if "\ufeff" in text:
        line = text.count("\n", 0, text.index("\ufeff")) + 1
        raise ConfigError([f"{name}: line {line}: a byte order mark inside the file; remove it"])
    return text
