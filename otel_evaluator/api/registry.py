"""A registry is a value: name → component type; a duplicate name is an error."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Generic, Protocol, TypeVar

from otel_evaluator.errors import ConfigError, PluginError


class Named(Protocol):
    """Anything with a registry name."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """Component types of one kind, by the name users write."""

    def __init__(self, kind: str, components: Iterable[T] = ()) -> None:
        self.kind = kind
        self._components: dict[str, T] = {}
        for component in components:
            self.add(component)

    def add(self, component: T) -> None:
        """Register one component; PluginError when its name is taken."""
        if component.name in self._components:
            raise PluginError(f"{self.kind} {component.name!r} is registered twice")
        self._components[component.name] = component

    def get(self, name: str, path: str) -> T:
        """The component called ``name``; ConfigError with the nearest spelling otherwise."""
        try:
            return self._components[name]
        except KeyError:
            near = get_close_matches(name, self._components, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(self.names())}"
            raise ConfigError([f"{path}: no {self.kind} is called {name!r}; {hint}"]) from None

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._components)

    def __iter__(self) -> Iterator[T]:
        return iter(self._components[name] for name in self.names())

    def __contains__(self, name: str) -> bool:
        return name in self._components
