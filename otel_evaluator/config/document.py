"""YAML text to plain values, with the line of every one of them.

Scalars follow the YAML 1.2 core schema: ``no``, ``on`` and ``yes`` are text, ``010`` is ten,
``12:30`` is text. Nothing is ever constructed from a tag.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from otel_evaluator.errors import ConfigError

Path = tuple[str | int, ...]

MAX_DEPTH = 50
"""Nesting of mappings and lists; our deepest setting has seven levels."""
MAX_VALUES = 50_000
"""Values after aliases are followed: ends an alias bomb (``*a`` of ``*b`` of ``*c`` …)."""

_TAG = "tag:yaml.org,2002:"
_SCALARS: Mapping[str, tuple[str, str]] = {
    "null": (r"~|null|Null|NULL|", "~nN\0"),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
}
"""Tag, expression and first characters (YAML 1.2.2, section 10.3.2)."""


_PLAIN = {_TAG + name for name in (*_SCALARS, "str")}


class _Resolver(BaseResolver):
    """The YAML 1.2 core schema instead of PyYAML's 1.1."""


for _name, (_expression, _first) in _SCALARS.items():
    _Resolver.add_implicit_resolver(
        _TAG + _name,
        re.compile(rf"(?:{_expression})\Z"),
        ["" if character == "\0" else character for character in _first],
    )


class _Loader(Reader, Scanner, Parser, Composer, _Resolver):
    """Composes nodes only: there is no constructor a tag could reach."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _Resolver.__init__(self)
        self._depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """Compose one node; refuses text that nests too deeply before Python's stack ends."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            line = self.line + 1
            raise ConfigError([f"line {line}: nested deeper than {MAX_DEPTH} levels; flatten it"])
        try:
            node: Node | None = super().compose_node(parent, index)
            return node
        finally:
            self._depth -= 1


@dataclass(frozen=True)
class Lines:
    """Where each value stands, and which were not written literally."""

    file: str = ""
    numbers: dict[Path, int] = field(default_factory=dict)
    """Path to line, counted from 1."""
    references: dict[Path, str] = field(default_factory=dict)
    """Path to the text with its ``${…}``, so that messages never show what it stands for."""

    def line(self, path: Path) -> int | None:
        """Line of the value, or of the nearest enclosing one."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.numbers:
                return self.numbers[path[:length]]
        return None


def show(path: Path) -> str:
    """The path as users write it: ``sampling.tiers[2].rate``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "configuration"


def parse(text: str, lines: Lines) -> dict[str, Any]:
    """Values of one YAML document whose root is a mapping; fills ``lines``.

    Raises ConfigError with the line for anything a reader of the file could not see: duplicate
    keys, tags, tabs, several documents, too many or too deep values.
    """
    try:
        root = _Loader(text).get_single_node()
    except yaml.YAMLError as error:
        raise ConfigError([_syntax(error, text)]) from None
    if root is None:
        return {}
    if not isinstance(root, MappingNode):
        raise ConfigError(["line 1: the file must be a mapping, such as `receivers: {...}`"])
    values: dict[str, Any] = _Reading(lines).value(root, ())
    return values


class _Reading:
    """One walk over the nodes."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._count = 0
        self._open: set[int] = set()

    def value(self, node: Node, path: Path) -> Any:
        self._tick(node)
        self._lines.numbers.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, ScalarNode):
            return _scalar(node, path)
        if node.tag not in (_TAG + "map", _TAG + "seq"):
            raise _refused_tag(node, path)
        if id(node) in self._open:
            raise ConfigError([f"{show(path)}: an alias refers to its own parent; write it out"])
        self._open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
            assert isinstance(node, MappingNode)
            return {key: self.value(child, (*path, key)) for key, child in self._pairs(node, path)}
        finally:
            self._open.discard(id(node))

    def _tick(self, node: Node) -> None:
        self._count += 1
        if self._count > MAX_VALUES:
            line = node.start_mark.line + 1
            raise ConfigError(
                [f"line {line}: more than {MAX_VALUES} values once aliases are followed; use fewer"]
            )

    def _pairs(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Node]]:
        """Keys and values of a mapping; ``<<`` gives the keys that are not written out."""
        seen: dict[str, int] = {}
        merged: list[MappingNode] = []
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or key_node.tag not in _PLAIN:
                raise ConfigError([f"{show(path)} (line {line}): a key must be plain text"])
            key = key_node.value
            if key == "<<" and key_node.style is None:
                merged += self._merged(child, path)
                continue
            if key in seen:
                raise ConfigError(
                    [
                        f"{show((*path, key))} (line {line}): the key is already set on line "
                        f"{seen[key]}; keep one of the two"
                    ]
                )
            seen[key] = line
            self._lines.numbers.setdefault((*path, key), line)
            yield key, child
        for source in merged:
            self._tick(source)
            if id(source) in self._open:
                raise ConfigError(
                    [f"{show(path)}: an alias refers to its own parent; write it out"]
                )
            self._open.add(id(source))
            for key, child in self._pairs(source, path):
                if key not in seen:
                    seen[key] = child.start_mark.line + 1
                    yield key, child
            self._open.discard(id(source))

    def _merged(self, child: Node, path: Path) -> list[MappingNode]:
        sources = child.value if isinstance(child, SequenceNode) else [child]
        if not all(isinstance(source, MappingNode) for source in sources):
            line = child.start_mark.line + 1
            raise ConfigError([f"{show(path)} (line {line}): `<<` takes an alias of a mapping"])
        return list(sources)


def _scalar(node: ScalarNode, path: Path) -> Any:
    text: str = node.value
    form = _SCALARS.get(node.tag.removeprefix(_TAG))
    if form and not re.fullmatch(form[0], text):
        raise _refused_tag(node, path)
    match node.tag.removeprefix(_TAG):
        case "str":
            return text
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _integer(text, node, path)
        case "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    raise _refused_tag(node, path)


def _integer(text: str, node: ScalarNode, path: Path) -> int:
    digits = text.lower().lstrip("+-")
    try:
        value = int(digits, 8 if "o" in digits else 16 if "x" in digits else 10)
    except ValueError:
        # Also an integer beyond Python's digit limit.
        line = node.start_mark.line + 1
        raise ConfigError([f"{show(path)} (line {line}): not a readable integer"]) from None
    return -value if text.startswith("-") else value


def _refused_tag(node: Node, path: Path) -> ConfigError:
    tag = node.tag.replace(_TAG, "!!")
    return ConfigError(
        [
            f"{show(path)} (line {node.start_mark.line + 1}): the tag {tag[:80]!r} is refused; "
            "write the plain value"
        ]
    )


def _syntax(error: yaml.YAMLError, text: str) -> str:
    """One line for an error of the YAML parser."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f"line {line}: the character {chr(error.character)!r} is not allowed; remove it"
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "not valid YAML"
    line = mark.line + 1 if mark else 1
    if "'\\t'" in problem:
        return f"line {line}: a tab stands where YAML wants spaces; indent with spaces"
    if "expected a single document" in (getattr(error, "context", None) or ""):
        return f"line {line}: a second document starts here; a configuration is one document"
    if "undefined alias" in problem:
        return f"line {line}: {problem}; define it with & before it is used"
    return f"line {line}: {problem}; check indentation, quotes and colons here"
