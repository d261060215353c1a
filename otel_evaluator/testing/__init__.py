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
from otel_evaluator.testing.checks import check_evaluator, check_verdict, check_writer
from otel_evaluator.testing.doubles import CollectingWriter, FailingWriter, ManualClock
from otel_evaluator.testing.outcomes import a_sample, an_outcome

__all__ = [
    "CollectingWriter",
    "FailingWriter",
    "ManualClock",
    "a_message",
    "a_model_call",
    "a_sample",
    "a_span",
    "a_subject",
    "a_tool_call",
    "an_export_request",
    "an_outcome",
    "check_evaluator",
    "check_verdict",
    "check_writer",
    "in_descending_order",
]
