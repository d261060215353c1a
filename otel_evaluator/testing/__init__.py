"""What a plugin's tests need: builders of values, doubles of doors, contract checks."""

from otel_evaluator.testing.builders import (
    a_message,
    a_model_call,
    a_span,
    a_subject,
    a_tool_call,
    an_export_request,
    in_descending_order,
)
from otel_evaluator.testing.doubles import CollectingWriter, FailingWriter, ManualClock

__all__ = [
    "CollectingWriter",
    "FailingWriter",
    "ManualClock",
    "a_message",
    "a_model_call",
    "a_span",
    "a_subject",
    "a_tool_call",
    "an_export_request",
    "in_descending_order",
]
