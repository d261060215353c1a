"""Replaces invalid UTF-8 in encoded messages, so that one bad byte costs one character.

The protobuf parser refuses a whole message over one invalid byte in a string. A twin of
the OTLP descriptors with every ``string`` declared as ``bytes`` parses it; the twin lives
in a descriptor pool of its own, so it cannot clash with the real one.
"""

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

_FILES = (common_pb2, resource_pb2, trace_pb2, logs_pb2)


def with_valid_text(descriptor: Descriptor, encoded: bytes) -> bytes:
    """The message encoded again, invalid bytes in its texts replaced by U+FFFD.

    Raises google.protobuf.message.DecodeError when more than texts is wrong.
    """
    message = _twin(descriptor.full_name).FromString(encoded)
    _repair(message, descriptor)
    repaired: bytes = message.SerializeToString()
    return repaired


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for module in _FILES:
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        for message in file.message_type:
            _retype(message)
        pool.Add(file)
    return pool


@cache
def _twin(full_name: str) -> Any:
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(full_name))


def _retype(message: descriptor_pb2.DescriptorProto) -> None:
    for field in message.field:
        if field.type == descriptor_pb2.FieldDescriptorProto.TYPE_STRING:
            field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
    for nested in message.nested_type:
        _retype(nested)


def _repair(message: Any, descriptor: Descriptor) -> None:
    for field, value in message.ListFields():
        real = descriptor.fields_by_name[field.name]
        repeated = field.is_repeated
        if real.type == FieldDescriptor.TYPE_STRING:
            if repeated:
                value[:] = [_valid(item) for item in value]
            else:
                setattr(message, field.name, _valid(value))
        elif real.message_type is not None:
            for item in value if repeated else (value,):
                _repair(item, real.message_type)


def _valid(text: bytes) -> bytes:
    return text.decode(errors="replace").encode()
