"""Chooses the demo's sample traffic from the corpus: ``python tests/cli/bundle_samples.py``."""

import gzip
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
SAMPLES = ROOT / "otel_evaluator" / "cli" / "samples"

CHOSEN = [
    "openai-v2-events/dental-008-spanish-answered-english",
    "openai-v2-events/shop-006-pii-other-customer",
    "openai-v2-latest/rag-007-truncated",
    "openai-v2-latest/rag-004-not-in-context-good",
    "collector/openai-v2-latest/ops-015-model-down",
    "genai-openai/ops-003-delete-without-ticket",
    "genai-openai/rag-011-chinese-clean",
    "genai-openai/shop-007-address-change-clean",
    "genai-openai-eventonly/dental-002-price-invented",
    "genai-openai-eventonly/shop-012-french-clean",
    "openllmetry-openai/shop-005-refund-over-limit",
    "openllmetry-openai/rag-009-malformed-json",
    "openllmetry-openai/rag-012-german-answered-english",
    "openllmetry-openai/shop-007-address-change-clean",
    "openinference-openai/ops-006-bad-enum",
    "openinference-openai/ops-011-repeated-text",
    "openinference-openai/rag-005-descaling",
    "openinference-openai/rag-010-json-clean",
    "traceai-openai/ops-008-justified-refusal",
    "traceai-openai/dental-007-human-handover",
    "openinference-langgraph/ops-009-unneeded-refusal",
    "openinference-langgraph/shop-013a-tent-41mini",
    "openinference-openai-agents/rag-008-empty",
    "openinference-openai-agents/ops-016b-mailer-r42",
    "collector/pydantic-ai/ops-007-secret-print",
    "pydantic-ai/shop-013a-tent-41mini",
    "openllmetry-langchain/rag-013b-stolen-v1110",
    "openai-v2-nocontent/ops-013-content-filter",
]


def main() -> None:
    """Write the bundle; the same corpus gives the same bytes."""
    labels = {}
    for line in (CORPUS / "labels.jsonl").read_text().splitlines():
        label = json.loads(line)
        labels[f"{label['instrumentation']}/{label['scenario']}"] = label
    SAMPLES.mkdir(exist_ok=True)
    index = []
    for chosen in CHOSEN:
        through_collector = chosen.startswith("collector/")
        label = labels[chosen.removeprefix("collector/")]
        name = f"{label['instrumentation']}--{label['scenario']}"
        entry = {
            "name": name,
            "instrumentation": label["instrumentation"],
            "scenario": label["scenario"],
            "collector": through_collector,
            "service": label["service"],
            "conversation_id": label["conversation_id"],
            "traces": len(label["trace_ids"]),
            "good": label["good"],
            "defects": label["defect_types"],
        }
        for signal, path in (("traces", label["path"]), ("logs", label.get("logs_path"))):
            entry[signal + "_file"] = None
            if path:
                source = CORPUS / ("collector" if through_collector else "") / path
                file = f"{name}.{signal}.binpb.gz"
                packed = gzip.compress(source.read_bytes(), 9, mtime=0)
                (SAMPLES / file).write_bytes(packed)
                entry[signal + "_file"] = file
        index.append(entry)
    (SAMPLES / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n")
    total = sum(file.stat().st_size for file in SAMPLES.iterdir())
    print(f"{len(index)} runs, {total / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
