import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from otel_evaluator import receive
from otel_evaluator.receive.config import LimitsConfig, OtlpReceiverConfig
from otel_evaluator.receive.json import to_protobuf
from otel_evaluator.receive.kafka_config import KafkaReceiverConfig
from otel_evaluator.receive.replies import _CODES

PAGE = (Path(__file__).parents[2] / "docs" / "receiving.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_are_valid(text: str) -> None:
    receivers: Any = yaml.safe_load(text)["receivers"]
    assert receivers.keys() <= {"otlp", "kafka"}
    if "otlp" in receivers:
        OtlpReceiverConfig.model_validate(receivers["otlp"])
    if "kafka" in receivers:
        KafkaReceiverConfig.model_validate(receivers["kafka"])


def test_the_example_of_limits_shows_every_limit_and_its_default() -> None:
    receivers = [yaml.safe_load(text)["receivers"] for text in EXAMPLES]
    sections = [each["otlp"] for each in receivers if "otlp" in each]
    (limits,) = [section["limits"] for section in sections if "limits" in section]
    assert set(limits) == set(LimitsConfig.model_fields)
    shown = LimitsConfig.model_validate(limits)
    defaults = LimitsConfig().model_dump(exclude={"max_memory"})
    assert shown.model_dump(exclude={"max_memory"}) == defaults


def test_the_table_of_answers_names_every_status() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    for error, code, _, http_status in _CODES:
        assert any(code.name in row and f"| {http_status}" in row for row in rows), error


def test_the_table_of_answers_names_every_reason_given_here() -> None:
    room = Path(receive.__file__).parent
    source = "".join(file.read_text() for file in room.glob("*.py"))
    reasons = set(re.findall(r'reason="(\w+)"|5\.0, "(\w+)"', source))
    found = {one or other for one, other in reasons} | {"malformed", "too_large", "internal"}
    assert {"in_flight", "memory", "slow"} <= found
    assert {reason for reason in found if f"`{reason}`" not in PAGE} == set()


def test_the_json_example_is_a_request() -> None:
    (body,) = re.findall(r"-d '(.*?)'\n```", PAGE, re.S)
    json.loads(body)
    assert to_protobuf(body.encode(), "traces", 10).bad_ids == 0
