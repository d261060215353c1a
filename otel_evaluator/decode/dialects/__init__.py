"""The dialects, one file each, in the order in which they are asked.

The first dialect that matches a span names its kind; every further one that matches fills
what is still missing, so a span written in two vocabularies loses nothing.
"""

from otel_evaluator.decode.dialects.application import Application
from otel_evaluator.decode.dialects.base import Dialect
from otel_evaluator.decode.dialects.openinference import OpenInference
from otel_evaluator.decode.dialects.openllmetry import OpenLLMetry
from otel_evaluator.decode.dialects.otel_genai import OtelGenAI
from otel_evaluator.decode.dialects.pydantic_ai import PydanticAI
from otel_evaluator.decode.dialects.traceai import TraceAI

DIALECTS: tuple[Dialect, ...] = (
    OpenInference(),
    TraceAI(),
    OpenLLMetry(),
    PydanticAI(),
    OtelGenAI(),
    Application(),
)
"""In order of precedence."""
