"""The dialects, one file each, in the order in which they are asked.

The first dialect that matches a span names its kind; every further one that matches fills
what is still missing, so a span written in two vocabularies loses nothing.
"""

from otel_evaluator.decode.dialects.application import Application
from otel_evaluator.decode.dialects.base import Dialect
from otel_evaluator.decode.dialects.content_events import ContentEvents
from otel_evaluator.decode.dialects.google_adk import GoogleADK
from otel_evaluator.decode.dialects.indexed import IndexedMessages, LiteLLM
from otel_evaluator.decode.dialects.langfuse import Langfuse
from otel_evaluator.decode.dialects.langsmith import LangSmith
from otel_evaluator.decode.dialects.livekit import LiveKit
from otel_evaluator.decode.dialects.mcp import MCP
from otel_evaluator.decode.dialects.mlflow import MLflow
from otel_evaluator.decode.dialects.openinference import OpenInference
from otel_evaluator.decode.dialects.openlit import OpenLIT
from otel_evaluator.decode.dialects.openllmetry import OpenLLMetry
from otel_evaluator.decode.dialects.otel_genai import OtelGenAI
from otel_evaluator.decode.dialects.pipecat import Pipecat
from otel_evaluator.decode.dialects.pydantic_ai import PydanticAI
from otel_evaluator.decode.dialects.strands import Strands
from otel_evaluator.decode.dialects.traceai import TraceAI
from otel_evaluator.decode.dialects.traceai_old import TraceAIOld
from otel_evaluator.decode.dialects.vercel_ai import VercelAI
from otel_evaluator.decode.dialects.voice_calls import VoiceCalls

DIALECTS: tuple[Dialect, ...] = (
    OpenInference(),
    TraceAI(),
    TraceAIOld(),
    Langfuse(),
    MLflow(),
    LangSmith(),
    VercelAI(),
    GoogleADK(),
    OpenLLMetry(),
    PydanticAI(),
    OpenLIT(),
    Strands(),
    LiveKit(),
    Pipecat(),
    MCP(),
    LiteLLM(),
    IndexedMessages(),
    ContentEvents(),
    OtelGenAI(),
    VoiceCalls(),
    Application(),
)
"""In order of precedence."""
