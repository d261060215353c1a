"""Where JSON was asked for, or begun, the answer is JSON."""

import json
import re
from typing import Literal

from otel_evaluator.api import Check, EvaluatorConfig, Skipped, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import failed, no_answer, passed
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

NOT_ASKED = Skipped("not_applicable", "no JSON was asked for")
MAX_INSTRUCTIONS = 20_000
"""Characters of the instructions that are searched for a request of JSON."""

_FENCE = re.compile(r"```[ \t]*(?:json\w*)[ \t]*\n(.*?)(?:\n?[ \t]*```|\Z)", re.DOTALL | re.I)
_WHOLE_FENCE = re.compile(r"\s*```\w*[ \t]*\n(.*?)\n?[ \t]*```\s*", re.DOTALL)
_ASKED = compile_linear(
    r"(?i)\b(?:reply|respond|answer|return|output|produce|emit|write|give|provide|format(?:ted)?|"
    r"antworte\w*|gib|liefere|respond[ea]\w*|devuelv\w+|genera|répond\w*|renvoi\w*|retourn\w*|"
    r"rispond\w+|restituisc\w*|retorn\w+|geef|antwoord)\b[^.!?\n]{0,80}\bjson\b"
    r"|\bjson\b[^.!?\n]{0,40}\b(?:only|and nothing else|nothing but)\b|\b(?:only|valid|strictly) "
    r"json\b|json(?:格式|形式)|以\s?json"
)
_CONDITION = compile_linear(
    r"(?i)\b(?:if|when|unless|never|not|don't|instead of|no)\b[^.!?\n]{0,60}$"
)
_TYPES = ("gen_ai.output.type", "gen_ai.openai.request.response_format", "response_format")


class StructuredOutputConfig(EvaluatorConfig):
    """Settings of ``structured_output``."""

    expected: Literal["asked", "always"] = "asked"
    """When the answer must be JSON: where the request's output type, the instructions or the user
    ask for it, or always."""

    code_fence: bool = True
    """Whether the JSON may stand in one Markdown code fence."""


@evaluator("structured_output", version=1)
def structured_output(config: StructuredOutputConfig) -> Check:
    """The answer parses as JSON where JSON was asked for; JSON in a code fence parses anyway."""

    def check(subject: Subject) -> Verdict:
        missing = no_answer(subject)
        if missing is not None:
            return missing
        text = subject.output
        if not text:
            return NOT_ASKED
        if config.expected == "always" or _asked(subject):
            return _whole(text, config.code_fence)
        blocks = [match[1] for match in _FENCE.finditer(text)]
        if not blocks:
            return NOT_ASKED
        for number, block in enumerate(blocks, 1):
            problem = _problem(block)
            if problem:
                return failed(f"JSON block {number}: {problem}", "invalid_json")
        return passed()

    return check


def _asked(subject: Subject) -> bool:
    if any("json" in str(subject.attributes.get(key, "")).lower() for key in _TYPES):
        return True
    for text in (subject.system, subject.input):
        plain = encodable(text[:MAX_INSTRUCTIONS])
        if "json" not in plain.lower():
            continue
        for match in _ASKED.finditer(plain):
            if not _CONDITION.search(plain[max(0, match.start() - 60) : match.start()]):
                return True
    return False


def _whole(text: str, code_fence: bool) -> Verdict:
    problem = _problem(text)
    if not problem:
        return passed()
    fenced = _WHOLE_FENCE.fullmatch(text) if code_fence else None
    if fenced and not _problem(fenced[1]):
        return passed()
    return failed(f"not JSON: {problem}", "invalid_json")


def _problem(text: str) -> str:
    """Why a text is not JSON; empty when it is."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"{error.msg} at line {error.lineno} column {error.colno}"
    except RecursionError:
        return "nested too deeply"
    except ValueError:
        return "a number that JSON cannot hold"
    return ""
