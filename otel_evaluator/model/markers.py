"""Byte patterns of encoded spans and log records that decoding can make something of.

Protobuf stores strings as contiguous UTF-8, so a substring search on encoded bytes finds
attribute keys exactly. Plain data: the wire walk searches with it, decoding reads with it.
"""

CORE_MARKERS: tuple[bytes, ...] = (
    b"gen_ai.",
    b"openinference.span.kind",
    b"traceloop.span.kind",
    b"fi.span.kind",
    b"langfuse.observation.",
    b"ai.operationId",
    b"mlflow.span",
    b"gcp.vertex.agent.",
    b"rag.documents",
    b"retrieval.documents",
    b"feedback.",
)
"""Every GenAI span of the dialects read here carries one of them. ``traceloop.`` and
``langfuse.`` alone are left out: propagated keys put them on database and HTTP spans.
``rag.documents`` and ``feedback.`` are on applications' own retrieval and feedback spans."""

EXTENDED_MARKERS: tuple[bytes, ...] = (
    b"langsmith.",
    b"lmnr.span.",
    b"mastra.",
    b"claude_code.",
    b"confident.span.",
    b"langwatch.",
    b"genkit:",
    b"mcp.method.name",
    b"llm.request.type",
    b"llm.input_messages.",
    b"db.query.result",
    b"request_data",
)
"""Further emitters and remnants of spans that lost attributes; by configuration."""

CONVERSATION_KEYS: tuple[bytes, ...] = (
    b"gen_ai.conversation.id",
    b"langfuse.session.id",
    b"session.id",
    b"traceloop.association.properties.session_id",
    b"traceloop.association.properties.thread_id",
    b"traceloop.association.properties.conversation_id",
    b"ai.telemetry.metadata.sessionId",
    b"ai.telemetry.metadata.threadId",
    b"langsmith.metadata.thread_id",
    b"langsmith.metadata.session_id",
    b"langsmith.metadata.conversation_id",
    b"gcp.vertex.agent.session_id",
    b"langwatch.thread.id",
    b"confident.trace.thread_id",
    b"mastra.metadata.threadId",
    b"gen_ai.session.id",
    b"conversation.id",
)
"""Attributes that name a conversation, in order of precedence; the first that any span of
the trace carries wins."""

KEPT_SCOPES: tuple[str, ...] = (
    "gcp.vertex.agent",
    "agent_framework",
    "langfuse-sdk",
    "strands.telemetry.tracer",
    "livekit-agents",
    "pipecat",
)
"""Scopes (exact, or followed by a dot) whose spans are kept even without a marker: they
emit attribute-less spans that hold a trace together."""
