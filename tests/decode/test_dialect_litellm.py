from dialect_support import cases, dialect_names, read, said, span


@cases("litellm")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("litellm", case)

    assert found == wanted


def test_raw_request_is_not_a_second_call() -> None:
    attributes = {"llm.openai.model": "gpt-4o-mini", "gen_ai.request.model": "gpt-4o-mini"}

    found = read(span(attributes, name="raw_gen_ai_request", scope="litellm"))

    assert found.kind == "chain"


def test_guardrail_that_intervened() -> None:
    attributes = {"litellm.guardrail.status": "guardrail_intervened"}

    assert read(span(attributes, scope="litellm")).blocked


def test_version_2_is_read_by_the_conventions() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": '[{"role": "user", "content": "Hello"}]',
        "litellm.cost.total": 0.5,
    }

    found = span(attributes, scope="litellm")

    assert dialect_names(found) == ["litellm", "otel_genai"]
    assert [m.content for m in read(found).input] == ["Hello"]
    assert read(found).cost_usd == 0.5
