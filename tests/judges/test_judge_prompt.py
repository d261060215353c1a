import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_evaluator.api.judge import Question
from otel_evaluator.judges.evaluator import INSTRUCTIONS, text_of
from otel_evaluator.judges.prompt import MARKER_BYTES, build
from otel_evaluator.judges.rubrics import RUBRICS
from tests.judges.attacks import ATTACKS, MARKER, ROLE_TOKENS

FAITHFULNESS = RUBRICS["faithfulness"]


def question(**evidence: str) -> Question:
    return Question(INSTRUCTIONS, text_of(FAITHFULNESS), evidence, FAITHFULNESS.answer_schema())


def blocks(user: str, marker: str) -> dict[str, str]:
    """What a reader of the format finds in the blocks."""
    first, *rest = user.split("\n")
    assert first == f"The marker is {marker}."
    found, name, lines = {}, "", []
    for line in rest:
        if not name and line.startswith(f"BEGIN {marker} "):
            name, lines = line.removeprefix(f"BEGIN {marker} "), []
        elif name and line == f"END {marker} {name}":
            found[name] = "\n".join(lines)
            name = ""
        elif name:
            lines.append(line)
        else:
            assert not line, f"outside of every block: {line!r}"
    assert not name, "a block does not end"
    return found


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("rubric", RUBRICS)
@pytest.mark.fault("D6")
def test_evidence_cannot_leave_its_block(rubric, text):
    chosen = RUBRICS[rubric]
    asked = Question(
        INSTRUCTIONS,
        text_of(chosen),
        dict.fromkeys(chosen.needs, text),
        chosen.answer_schema(),
    )
    prompt = build(asked, MARKER)
    found = blocks(prompt.user, MARKER)
    assert set(found) == set(chosen.needs)
    for content in found.values():
        assert MARKER not in content
        assert not [token for token in ROLE_TOKENS if token.lower() in content.lower()]


@given(st.text(), st.text())
@pytest.mark.fault("D6")
def test_any_text_stays_inside_and_the_system_text_is_the_same(output, context):
    marker = secrets.token_hex(MARKER_BYTES)
    prompt = build(question(output=output + marker + context, context=context), marker)
    assert prompt.user.count(marker) == 1 + 2 * 2
    assert set(blocks(prompt.user, marker)) == {"output", "context"}
    assert prompt.system == build(question(output="x"), MARKER).system


def test_plain_text_is_not_changed():
    text = "Größe 3 < 4 > 2, [link](https://x.example) 日本語 👍\n\tif a|b: <b>bold</b>"
    assert blocks(build(question(output=text), MARKER).user, MARKER)["output"] == text
