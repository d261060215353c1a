"""MLflow tracing: ``mlflow.span*``, every value encoded as JSON.

Source: mlflow 3.17, ``mlflow/tracing/constant.py`` and the integrations' autologging. With
``MLFLOW_ENABLE_OTEL_GENAI_SEMCONV`` the same spans carry ``gen_ai.*`` instead and are read by
otel_genai.
"""

from typing import Any

from otel_evaluator.decode.definitions import documents, tool_definitions
from otel_evaluator.decode.dialects import langchain, observed
from otel_evaluator.decode.reading import Reading, SpanKind
from otel_evaluator.decode.values import count, first_count, mapping, number, structured, text
from otel_evaluator.model.span import Span

_TYPE = "mlflow.spanType"
_INPUT = "mlflow.spanInputs"
_OUTPUT = "mlflow.spanOutputs"

_KINDS: dict[str, SpanKind] = {
    "LLM": "llm",
    "CHAT_MODEL": "llm",
    "CHAIN": "chain",
    "WORKFLOW": "chain",
    "TASK": "chain",
    "PARSER": "chain",
    "UNKNOWN": "chain",
    "AGENT": "agent",
    "TOOL": "tool",
    "RETRIEVER": "retriever",
    "MEMORY": "retriever",
    "EMBEDDING": "embedding",
    "RERANKER": "reranker",
    "GUARDRAIL": "guardrail",
    "EVALUATOR": "evaluator",
}
_SESSION = ("mlflow.trace.session", "mlflow.traceTag.mlflow.trace.session")
_USER = ("mlflow.trace.user", "mlflow.traceTag.mlflow.trace.user")


class MLflow:
    """Spans of MLflow's tracing SDK."""

    name = "mlflow"

    def matches(self, span: Span) -> bool:
        attributes = span.attributes
        return _TYPE in attributes or _INPUT in attributes or _OUTPUT in attributes

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if not reading.kind:
            reading.kind = _KINDS.get(_quoted(attributes, _TYPE).upper(), "chain")
        if reading.kind in ("llm", "embedding", "reranker"):
            _read_model(attributes, reading)
        elif reading.kind == "tool":
            reading.tool_name = reading.tool_name or span.name
        elif reading.kind == "agent":
            reading.agent = reading.agent or span.name
        if not reading.conversation_id:
            reading.conversation_id = _first_quoted(attributes, _SESSION)
        if not reading.user_id:
            reading.user_id = _first_quoted(attributes, _USER)
        if "metadata" in attributes:
            _read_metadata(mapping(attributes["metadata"]), reading)
        if not reading.prompt_name and "mlflow.linkedPrompts" in attributes:
            _read_prompt(attributes["mlflow.linkedPrompts"], reading)

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        sent, received = _value(attributes, _INPUT), _value(attributes, _OUTPUT)
        if reading.kind == "llm":
            if not reading.tool_definitions:
                reading.tool_definitions = tool_definitions(attributes.get("mlflow.chat.tools"))
            observed.read_request(sent, _INPUT, reading)
            observed.read_reply(received, _OUTPUT, reading)
            observed.read_response(received, reading)
        elif reading.kind == "tool":
            observed.read_execution(sent, received, reading)
        elif reading.kind in ("retriever", "reranker"):
            if not reading.query:
                reading.query = langchain.query(sent)
            if not reading.documents and not observed.is_empty(received):
                reading.documents = documents(structured(received))
                if not reading.documents:
                    reading.note(f"unmapped:{_OUTPUT}")
        elif reading.kind != "embedding":
            observed.read_question(sent, reading)
            observed.read_answer(received, reading)


def _value(attributes: dict[str, Any], name: str) -> Any:
    """The encoded value; None where it encodes that there is none."""
    value = attributes.get(name)
    return None if value == "null" else value


def _quoted(attributes: dict[str, Any], name: str) -> str:
    """A text value that is quoted as JSON; unquoted text is accepted."""
    value = attributes.get(name)
    return "" if value is None else text(structured(value))


def _first_quoted(attributes: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := _quoted(attributes, name))), "")


def _read_model(attributes: dict[str, Any], reading: Reading) -> None:
    if not reading.provider:
        reading.provider = _quoted(attributes, "mlflow.llm.provider")
    if not reading.response_model:
        reading.response_model = _quoted(attributes, "mlflow.llm.model")
    if not reading.request_model:
        # Autologging copies the request's parameters to the top level.
        reading.request_model = _quoted(attributes, "model")
    usage = mapping(attributes.get("mlflow.chat.tokenUsage"))
    if reading.input_tokens is None:
        reading.input_tokens = first_count(usage, ("input_tokens", "prompt_tokens"))
    if reading.output_tokens is None:
        reading.output_tokens = first_count(usage, ("output_tokens", "completion_tokens"))
    if reading.cache_read_tokens is None:
        reading.cache_read_tokens = count(usage.get("cache_read_input_tokens"))
    if reading.cache_write_tokens is None:
        reading.cache_write_tokens = count(usage.get("cache_creation_input_tokens"))
    if reading.cost_usd is None:
        cost = number(mapping(attributes.get("mlflow.llm.cost")).get("total_cost"))
        reading.cost_usd = cost if cost else None


def _read_metadata(metadata: dict[str, Any], reading: Reading) -> None:
    """Names in the run metadata of LangChain, which autologging records."""
    reading.agent = reading.agent or text(metadata.get("lc_agent_name"))
    reading.conversation_id = reading.conversation_id or text(metadata.get("thread_id"))
    reading.user_id = reading.user_id or text(metadata.get("user_id"))


def _read_prompt(value: Any, reading: Reading) -> None:
    linked = structured(value)
    first = linked[0] if isinstance(linked, list) and linked else None
    if isinstance(first, dict):
        reading.prompt_name = text(first.get("name"))
        reading.prompt_version = reading.prompt_version or text(first.get("version"))
