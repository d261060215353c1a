"""Evaluators from entry points, and the ``evaluators`` list of the configuration.

Built-in evaluators load through the same group as those of any other package::

    [project.entry-points."otel_evaluator.evaluators"]
    mine = "my_package.checks"             # every EvaluatorType in the module or package
    exact = "my_package.checks:exact"      # or one EvaluatorType
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from otel_evaluator.api.evaluator import EvaluatorConfig, EvaluatorType
from otel_evaluator.api.registry import Registry
from otel_evaluator.config.document import Lines
from otel_evaluator.config.explain import explain
from otel_evaluator.errors import ConfigError, PluginError

GROUP = "otel_evaluator.evaluators"
OWN_DISTRIBUTION = "otel-evaluator"

Configured = tuple[EvaluatorType[Any], EvaluatorConfig]


@dataclass(frozen=True)
class Discovery:
    """What the installed packages offer."""

    registry: Registry[EvaluatorType[Any]]
    origins: Mapping[str, str]
    """Evaluator type to the distribution it came from."""
    problems: Sequence[str]
    """One line for each entry point that could not be loaded; names the distribution."""


def discover_evaluators(
    allowed: Collection[str] | None = None, entries: Iterable[EntryPoint] | None = None
) -> Discovery:
    """Load every evaluator that an installed package offers; a broken one hides no other.

    ``allowed`` names the distributions whose code may be loaded, None means all; the built-in
    evaluators are always loaded. ``entries`` replaces the installed entry points.
    """
    found = entry_points(group=GROUP) if entries is None else entries
    registry: Registry[EvaluatorType[Any]] = Registry("evaluator")
    loaded: dict[str, EvaluatorType[Any]] = {}
    origins: dict[str, str] = {}
    problems: list[str] = []
    permitted = None if allowed is None else {_normal(name) for name in allowed}
    for entry in sorted(found, key=_order):
        package = _distribution(entry)
        own = _normal(package) == OWN_DISTRIBUTION
        if permitted is not None and not own and _normal(package) not in permitted:
            continue
        try:
            types = _types(entry)
        except (Exception, SystemExit) as error:
            problems.append(
                f"package {package!r}: entry point {entry.name!r} ({entry.value}) cannot be "
                f"loaded: {_cause(error)}; fix or uninstall the package"
            )
            continue
        for kind in types:
            if loaded.setdefault(kind.name, kind) is kind and kind.name in registry:
                continue  # offered by itself and with its module
            if kind.name in registry:
                problems.append(
                    f"package {package!r}: evaluator {kind.name!r} is already registered by "
                    f"{origins[kind.name]!r}; rename one or uninstall one of the packages"
                )
                continue
            registry.add(kind)
            origins[kind.name] = package
    return Discovery(registry, origins, problems)


def load_evaluators(
    allowed: Collection[str] | None = None, entries: Iterable[EntryPoint] | None = None
) -> Registry[EvaluatorType[Any]]:
    """The registry of all evaluators; PluginError naming every package that could not be loaded."""
    discovery = discover_evaluators(allowed, entries)
    if discovery.problems:
        raise PluginError("\n".join(discovery.problems))
    return discovery.registry


def parse_evaluators(
    items: Sequence[Mapping[str, Any]],
    registry: Registry[EvaluatorType[Any]],
    lines: Lines | None = None,
) -> list[Configured]:
    """The ``evaluators`` list, validated; ConfigError with every problem found in it.

    Problems read ``evaluators[3].phrases: what is wrong; what would be right``. ``lines`` adds
    the line of the file and keeps referenced values out of messages.
    """
    configured: list[Configured] = []
    problems: list[str] = []
    names: dict[str, int] = {}
    for index, item in enumerate(items):
        try:
            kind, config = _parse(index, item, registry, lines)
        except ConfigError as error:
            problems += error.problems
            continue
        first = names.setdefault(config.name, index)
        if first != index:
            problems.append(
                f"evaluators[{index}].name: {config.name!r} is taken by evaluators[{first}]; "
                "give each evaluator a name of its own"
            )
        configured.append((kind, config))
    if problems:
        raise ConfigError(problems)
    return configured


def _parse(
    index: int, item: Any, registry: Registry[EvaluatorType[Any]], lines: Lines | None
) -> Configured:
    path = f"evaluators[{index}]"
    if not isinstance(item, Mapping):
        raise ConfigError([f"{path}: is not a mapping; write {{name: ..., type: ...}}"])
    name = item.get("type")
    if not isinstance(name, str):
        known = ", ".join(registry.names())
        raise ConfigError([f"{path}.type: is missing or is not text; known: {known}"])
    kind = registry.get(name, f"{path}.type")
    try:
        config: EvaluatorConfig = kind.config_type.model_validate(dict(item))
    except ValidationError as error:
        raise explain(error, kind.config_type, lines, ("evaluators", index)) from None
    if config.on not in kind.kinds:
        raise ConfigError(
            [f"{path}.on: {name} cannot judge a {config.on}; it can judge: {', '.join(kind.kinds)}"]
        )
    return kind, config


def _types(entry: EntryPoint) -> list[EvaluatorType[Any]]:
    """What the entry point offers, each once; PluginError when it offers nothing."""
    target = entry.load()
    if isinstance(target, EvaluatorType):
        return [target]
    if not isinstance(target, ModuleType):
        raise PluginError(f"it is a {type(target).__name__}, not an EvaluatorType or a module")
    unique = {id(kind): kind for kind in _members(target)}
    if not unique:
        raise PluginError("the module holds no EvaluatorType")
    return sorted(unique.values(), key=lambda kind: kind.name)


def _members(module: ModuleType) -> Iterator[EvaluatorType[Any]]:
    """EvaluatorType attributes of a module, and of the modules its package has imported."""
    for value in list(vars(module).values()):
        if isinstance(value, EvaluatorType):
            yield value
        elif isinstance(value, ModuleType) and value.__name__.startswith(module.__name__ + "."):
            yield from _members(value)


def _order(entry: EntryPoint) -> tuple[bool, str, str]:
    """Ours first, so that a package that takes a built-in name is the one reported."""
    package = _distribution(entry)
    return (_normal(package) != OWN_DISTRIBUTION, package, entry.name)


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "unknown"


def _normal(name: str) -> str:
    """Distribution names compare without case, with ``-`` for ``_`` and ``.`` (PEP 503)."""
    return name.lower().replace("_", "-").replace(".", "-")


def _cause(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "it called sys.exit()"
    text = " ".join(str(error).split())[:300]
    return text if isinstance(error, PluginError) else f"{type(error).__name__}: {text}"
