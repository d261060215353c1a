"""Span templates of the ten dialects and of ordinary services, in the shapes their libraries send.

Texts are drawn from a word list with a seeded generator, so that sizes (0.4 - 1.5 KB a span) and
compression ratios are those of prose and two runs send the same bytes.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from tests.bench.encode import Value

TOOL = "lookup_order"
HAND_OFF = "transfer_to_human"
PROSE = (
    "the order has been shipped and should arrive within three days please check tracking "
    "number before calling support your refund of amount was approved by billing team because "
    "item arrived damaged we are sorry for inconvenience patient appointment moved to thursday "
    "morning at clinic north entrance parking is free insurance covers cleaning but not "
    "whitening repository build failed after merge of branch release tests pass on second "
    "attempt service restarted latency returned to normal database replica lag alert cleared "
    "invoice address customer account password reset link expires in hours policy document "
    "states that remote work abroad needs written consent of manager for more than two weeks "
    "manual page describes pump pressure valve filter replacement interval every six months "
    "code seven means sensor disconnected replace cable water temperature does not exceed limit "
    "of sixty degrees"
)
WORDS = PROSE.split(" ")


@dataclass(frozen=True, slots=True)
class Template:
    """One span without ids and times."""

    scope: str
    name: str
    kind: int
    attributes: dict[str, Value]
    genai: bool


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one instrumentation writes a model call, a tool call and the agent around them."""

    name: str
    share: float
    """Its part of the GenAI traffic."""
    scope: str
    model_call: Callable[[Random], dict[str, Value]]
    tool_call: Callable[[Random], dict[str, Value]]
    agent: Callable[[Random], dict[str, Value]]


def prose(random: Random, low: int, high: int) -> str:
    """Text of about ``low`` to ``high`` characters."""
    length = random.randint(low, high)
    words: list[str] = []
    while length > 0:
        words.append(random.choice(WORDS))
        length -= len(words[-1]) + 1
    return " ".join(words)


def identifier(random: Random, prefix: str = "") -> str:
    """An id as providers make them."""
    return f"{prefix}{random.getrandbits(96):024x}"


def messages(random: Random, role: str) -> str:
    """Messages of the current semantic conventions."""
    parts = [{"type": "text", "content": prose(random, 120, 420)}]
    return json.dumps([{"role": role, "parts": parts}])


def chat(random: Random, role: str) -> str:
    """Messages as the chat completions API writes them."""
    return json.dumps([{"role": role, "content": prose(random, 120, 420)}])


def usage(random: Random, received: str, sent: str) -> dict[str, Value]:
    """Token counts under the given names."""
    return {received: random.randint(200, 4000), sent: random.randint(20, 400)}


def semconv(random: Random) -> dict[str, Value]:
    """Attributes of a chat span of the current semantic conventions."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": identifier(random, "chatcmpl-"),
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.conversation.id": identifier(random, "conv_"),
        "gen_ai.input.messages": messages(random, "user"),
        "gen_ai.output.messages": messages(random, "assistant"),
        "server.address": "api.example.test",
        **usage(random, "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
    }


def semconv_tool(random: Random) -> dict[str, Value]:
    """Attributes of an execute_tool span."""
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": TOOL,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": identifier(random, "call_"),
        "gen_ai.tool.call.arguments": json.dumps({"order_id": identifier(random)}),
        "gen_ai.tool.call.result": prose(random, 150, 500),
    }


def semconv_agent(random: Random) -> dict[str, Value]:
    """Attributes of an invoke_agent span."""
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "support",
        "gen_ai.conversation.id": identifier(random, "conv_"),
        "gen_ai.input.messages": messages(random, "user"),
        "gen_ai.output.messages": messages(random, "assistant"),
    }


def openinference(kind: str) -> Callable[[Random], dict[str, Value]]:
    """OpenInference spans of one kind."""

    def attributes(random: Random) -> dict[str, Value]:
        common: dict[str, Value] = {
            "openinference.span.kind": kind,
            "input.value": prose(random, 150, 350),
            "input.mime_type": "text/plain",
            "output.value": prose(random, 150, 350),
            "session.id": identifier(random),
        }
        if kind != "LLM":
            return common
        return common | {
            "llm.model_name": "gpt-4o-mini",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": prose(random, 80, 200),
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": prose(random, 80, 200),
            **usage(random, "llm.token_count.prompt", "llm.token_count.completion"),
        }

    return attributes


def traceloop(kind: str) -> Callable[[Random], dict[str, Value]]:
    """OpenLLMetry entity spans."""

    def attributes(random: Random) -> dict[str, Value]:
        return {
            "traceloop.span.kind": kind,
            "traceloop.workflow.name": "support_chat",
            "traceloop.entity.name": TOOL,
            "traceloop.entity.path": "support.lookup_order",
            "traceloop.association.properties.session_id": identifier(random),
            "traceloop.entity.input": json.dumps({"args": [prose(random, 100, 300)]}),
            "traceloop.entity.output": json.dumps(prose(random, 100, 300)),
        }

    return attributes


def openllmetry(random: Random) -> dict[str, Value]:
    """OpenLLMetry model call with indexed prompts."""
    return {
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": prose(random, 100, 250),
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": prose(random, 80, 250),
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": prose(random, 100, 300),
        "gen_ai.completion.0.finish_reason": "stop",
        "traceloop.workflow.name": "support_chat",
        **usage(random, "gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens"),
    }


def traceai(kind: str) -> Callable[[Random], dict[str, Value]]:
    """Future AGI traceAI spans of one kind."""

    def attributes(random: Random) -> dict[str, Value]:
        return {
            "gen_ai.span.kind": kind,
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.input.messages.0.message.role": "user",
            "gen_ai.input.messages.0.message.content": prose(random, 100, 300),
            "gen_ai.output.messages.0.message.role": "assistant",
            "gen_ai.output.messages.0.message.content": prose(random, 100, 300),
            "input.value": prose(random, 80, 200),
            "output.value": prose(random, 80, 200),
            "session.id": identifier(random),
        }

    return attributes


def langfuse(kind: str) -> Callable[[Random], dict[str, Value]]:
    """Langfuse observations of one type."""

    def attributes(random: Random) -> dict[str, Value]:
        return {
            "langfuse.observation.type": kind,
            "langfuse.observation.input": chat(random, "user"),
            "langfuse.observation.output": chat(random, "assistant"),
            "langfuse.observation.model.name": "gpt-4o-mini",
            "langfuse.observation.usage_details": json.dumps(usage(random, "input", "output")),
            "langfuse.environment": "production",
            "session.id": identifier(random),
        }

    return attributes


def vercel(operation: str) -> Callable[[Random], dict[str, Value]]:
    """Vercel AI SDK spans of one operation."""

    def attributes(random: Random) -> dict[str, Value]:
        common: dict[str, Value] = {
            "operation.name": operation,
            "ai.operationId": operation,
            "ai.telemetry.metadata.sessionId": identifier(random),
        }
        if operation == "ai.toolCall":
            return common | {
                "ai.toolCall.name": TOOL,
                "ai.toolCall.args": json.dumps({"order_id": identifier(random)}),
                "ai.toolCall.result": prose(random, 200, 500),
            }
        return common | {
            "ai.model.id": "gpt-4o-mini",
            "ai.prompt.messages": chat(random, "user"),
            "ai.response.text": prose(random, 150, 400),
            "ai.response.finishReason": "stop",
            **usage(random, "ai.usage.inputTokens", "ai.usage.outputTokens"),
        }

    return attributes


def mlflow(kind: str) -> Callable[[Random], dict[str, Value]]:
    """MLflow spans of one type; every value is JSON."""

    def attributes(random: Random) -> dict[str, Value]:
        return {
            "mlflow.spanType": json.dumps(kind),
            "mlflow.spanInputs": json.dumps({"messages": json.loads(chat(random, "user"))}),
            "mlflow.spanOutputs": json.dumps({"choices": json.loads(chat(random, "assistant"))}),
            "mlflow.traceRequestId": json.dumps(identifier(random, "tr-")),
            "mlflow.chat.tokenUsage": json.dumps(usage(random, "input_tokens", "output_tokens")),
        }

    return attributes


def langsmith(kind: str) -> Callable[[Random], dict[str, Value]]:
    """LangSmith spans of one run type."""

    def attributes(random: Random) -> dict[str, Value]:
        return {
            "langsmith.span.kind": kind,
            "langsmith.metadata.thread_id": identifier(random),
            "gen_ai.operation.name": "chat",
            "gen_ai.prompt": json.dumps({"messages": json.loads(chat(random, "user"))}),
            "gen_ai.completion": json.dumps({"messages": json.loads(chat(random, "assistant"))}),
            **usage(random, "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
        }

    return attributes


def with_extra(
    base: Callable[[Random], dict[str, Value]], extra: Mapping[str, Value]
) -> Callable[[Random], dict[str, Value]]:
    """The attributes of ``base`` and a library's own."""
    return lambda random: base(random) | dict(extra)


PYDANTIC: Mapping[str, Value] = {"logfire.msg": "chat gpt-4o-mini", "gen_ai.system": "openai"}
OPENLIT: Mapping[str, Value] = {"telemetry.sdk.name": "openlit", "gen_ai.usage.cost": 0.00042}

DIALECTS = (
    Dialect("semconv", 0.30, "opentelemetry.instrumentation.openai_v2",
            semconv, semconv_tool, semconv_agent),
    Dialect("openinference", 0.16, "openinference.instrumentation.langchain",
            openinference("LLM"), openinference("TOOL"), openinference("AGENT")),
    Dialect("openllmetry", 0.16, "opentelemetry.instrumentation.openai.v1",
            openllmetry, traceloop("tool"), traceloop("workflow")),
    Dialect("vercel", 0.08, "ai",
            vercel("ai.generateText.doGenerate"), vercel("ai.toolCall"),
            vercel("ai.generateText")),
    Dialect("langfuse", 0.08, "langfuse-sdk",
            langfuse("generation"), langfuse("tool"), langfuse("agent")),
    Dialect("pydantic_ai", 0.06, "pydantic-ai",
            with_extra(semconv, PYDANTIC), semconv_tool, with_extra(semconv_agent, PYDANTIC)),
    Dialect("mlflow", 0.04, "mlflow.tracing.provider",
            mlflow("CHAT_MODEL"), mlflow("TOOL"), mlflow("AGENT")),
    Dialect("traceai", 0.04, "traceai_openai",
            traceai("LLM"), traceai("TOOL"), traceai("AGENT")),
    Dialect("langsmith", 0.04, "langsmith",
            langsmith("llm"), langsmith("tool"), langsmith("chain")),
    Dialect("openlit", 0.04, "openlit.instrumentation.openai",
            with_extra(semconv, OPENLIT), semconv_tool, semconv_agent),
)  # fmt: skip
"""Shares are an estimate of how widely each is used; they add up to one."""


def server(random: Random) -> Template:
    """The server span at a trace's root."""
    attributes: dict[str, Value] = {
        "http.request.method": "POST",
        "http.route": "/api/v1/chat/{conversation}/messages",
        "http.response.status_code": 200,
        "url.path": f"/api/v1/chat/{identifier(random)}/messages",
        "url.scheme": "https",
        "network.protocol.version": "2",
        "client.address": f"198.51.100.{random.randint(1, 254)}",
        "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML)",
        "session.id": identifier(random),
        "enduser.id": identifier(random, "user_"),
    }
    return Template("opentelemetry.instrumentation.asgi", "POST /api/v1/chat", 2, attributes, False)


def http_client(random: Random) -> Template:
    """An outgoing HTTP call."""
    attributes: dict[str, Value] = {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": "inventory.shop.svc.cluster.local",
        "server.port": 8443,
        "url.full": f"https://inventory.shop.svc.cluster.local:8443/items/{identifier(random)}",
        "network.protocol.version": "1.1",
        "http.request.header.x_request_id": identifier(random),
        "peer.service": "inventory",
        "app.request.id": identifier(random),
    }
    return Template("opentelemetry.instrumentation.httpx", "GET", 3, attributes, False)


def database(random: Random) -> Template:
    """A database call with its statement."""
    columns = ", ".join(random.sample(WORDS, random.randint(8, 30)))
    attributes: dict[str, Value] = {
        "db.system.name": "postgresql",
        "db.namespace": "shop",
        "db.operation.name": "SELECT",
        "db.query.text": f"SELECT {columns} FROM orders WHERE customer_id = $1 ORDER BY created",
        "server.address": "orders-primary.db.svc.cluster.local",
        "server.port": 5432,
        "app.request.id": identifier(random),
    }
    return Template("opentelemetry.instrumentation.psycopg", "SELECT shop", 3, attributes, False)


def internal(random: Random) -> Template:
    """A span of the application itself."""
    attributes: dict[str, Value] = {
        "code.function.name": "shop.orders.service.OrderService.load",
        "code.file.path": "/app/shop/orders/service.py",
        "code.line.number": random.randint(1, 900),
        "thread.name": f"worker-{random.randint(0, 31)}",
        "app.note": prose(random, 60, 300),
        "app.request.id": identifier(random),
    }
    return Template("shop.orders", "OrderService.load", 1, attributes, False)


def plain_trace(random: Random) -> list[Template]:
    """Eight spans of a service without a model."""
    makers = [http_client, database, database, internal, internal, http_client, database]
    return of_one_conversation(random, [server(random), *(make(random) for make in makers)])


ESCALATED = 0.05
"""Share of GenAI traces that end with a hand-off to a person."""


MENTIONS_ERRORS = 0.25
"""Share of GenAI traces whose text mentions errors without having any, as among captured ones."""


def genai_trace(random: Random, dialect: Dialect) -> list[Template]:
    """Eight spans of which four are GenAI: an agent, two model calls and a tool."""
    escalated = random.random() < ESCALATED
    about: dict[str, Value] = {"app.channel": "voice" if escalated else "chat"}
    if random.random() < MENTIONS_ERRORS:
        about["app.note"] = "asked about an error message"
    tool = dialect.tool_call(random)
    if escalated:
        tool = {k: HAND_OFF if v == TOOL else v for k, v in tool.items()}
    calls = [
        Template(dialect.scope, "chat gpt-4o-mini", 3, dialect.model_call(random), True)
        for _ in range(2)
    ]
    spans = [
        server(random),
        Template(dialect.scope, "invoke_agent support", 1, dialect.agent(random) | about, True),
        calls[0],
        Template(dialect.scope, f"execute_tool {HAND_OFF if escalated else TOOL}", 1, tool, True),
        database(random),
        http_client(random),
        internal(random),
        calls[1],
    ]
    return of_one_conversation(random, spans)


CONVERSATION_KEYS = (
    "gen_ai.conversation.id",
    "session.id",
    "traceloop.association.properties.session_id",
    "ai.telemetry.metadata.sessionId",
)


def of_one_conversation(random: Random, spans: list[Template]) -> list[Template]:
    """The spans with one conversation id wherever they name one, as an application sets it."""
    conversation = identifier(random, "conv_")
    for span in spans:
        for key in CONVERSATION_KEYS:
            if key in span.attributes:
                span.attributes[key] = conversation
    return spans
