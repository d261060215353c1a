"""A request through the wire view: its items, and the resource and scope of each."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from google.protobuf.message import DecodeError

from otel_evaluator.errors import Malformed
from otel_evaluator.wire.otlp_view_pb2 import Request


class Group(NamedTuple):
    """The items of one ScopeSpans or ScopeLogs, as a range of indices."""

    start: int
    end: int
    resource: bytes
    scope: bytes


class Items(NamedTuple):
    """All encoded items of a request in order, and their groups."""

    bodies: list[bytes]
    groups: list[Group]

    def placed(self, indices: Iterable[int]) -> Iterator[tuple[int, Group]]:
        """Each of some ascending indices with its group."""
        groups = iter(self.groups)
        group = Group(0, 0, b"", b"")
        for index in indices:
            while index >= group.end:
                group = next(groups)
            yield index, group


def split(body: bytes) -> Items:
    """Split an export request of spans or log records; Malformed when it is none."""
    try:
        request = Request.FromString(body)
    except DecodeError:
        raise Malformed("the body is not an OTLP export request in protobuf") from None
    bodies: list[bytes] = []
    groups: list[Group] = []
    for resource in request.resources:
        for scope in resource.scopes:
            start = len(bodies)
            # A slice of a repeated field is a list, made faster than by iteration.
            bodies += scope.items[:]
            groups.append(Group(start, len(bodies), resource.resource, scope.scope))
    return Items(bodies, groups)
