"""An application as users write it: the openai client under a published instrumentation.

Runs in an environment of its own (``requirements/instrumented-app.txt``), so it imports
nothing of this repository. Each round is one trace: a question, a tool call, an answer.
Prints the trace id of every round as it ends; sends to the Collector with the SDK's exporter.
"""

import argparse
import json
import time

from openai import OpenAI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

PARAMETERS = {"type": "object", "properties": {"order_id": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "lookup_order", "parameters": PARAMETERS}}


def instrument(name: str, provider: TracerProvider, logs: LoggerProvider) -> None:
    """Install one of the published instrumentations; the second puts content into logs."""
    if name == "openinference":
        from openinference.instrumentation.openai import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=provider)
    else:
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor as OpenAIV2

        OpenAIV2().instrument(tracer_provider=provider, logger_provider=logs)


def converse(client: OpenAI, tracer: trace.Tracer) -> str:
    """One round; its trace id."""
    with tracer.start_as_current_span("POST /chat", kind=trace.SpanKind.SERVER) as span:
        span.set_attribute("http.request.method", "POST")
        messages = [{"role": "user", "content": "Where is my order 4711?"}]
        options = {"model": "gpt-4o-mini", "tools": [TOOL]}
        first = client.chat.completions.create(messages=messages, **options)
        call = first.choices[0].message.tool_calls[0]
        messages += [
            first.choices[0].message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"eta": "Friday"})},
        ]
        client.chat.completions.create(messages=messages, **options)
        return trace.format_trace_id(span.get_span_context().trace_id)


def main() -> None:
    """Converse until ``--rounds`` are done, ``--interval`` seconds apart."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--instrumentation", choices=("openinference", "openai-v2"), required=True)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--collector", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--interval", type=float, default=0.0)
    args = parser.parse_args()
    resource = Resource.create({"service.name": "shop-assistant"})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=args.collector, insecure=True)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=200))
    logs = LoggerProvider(resource=resource)
    records = OTLPLogExporter(endpoint=args.collector, insecure=True)
    logs.add_log_record_processor(BatchLogRecordProcessor(records, schedule_delay_millis=200))
    instrument(args.instrumentation, provider, logs)
    client = OpenAI(base_url=args.base_url, api_key="scripted")
    for _ in range(args.rounds):
        print(converse(client, provider.get_tracer("shop.app")), flush=True)
        time.sleep(args.interval)
    provider.shutdown()
    logs.shutdown()


if __name__ == "__main__":
    main()
