"""The client against a scripted endpoint, over real HTTP."""

import asyncio
import json
from functools import partial

import pytest
from aiohttp import web

from otel_evaluator.api.judge import Question
from otel_evaluator.clock import SystemClock
from otel_evaluator.errors import (
    ConfigError,
    ContentRefused,
    JudgeError,
    Misconfigured,
    TooLong,
    Unavailable,
)
from otel_evaluator.judges import breaker
from otel_evaluator.judges import client as module
from otel_evaluator.judges.budget import Budget, BudgetExhausted
from otel_evaluator.judges.client import Asking, JudgeClient, is_model
from otel_evaluator.judges.config import JudgeBudgetConfig, JudgeConfig
from otel_evaluator.judges.endpoint import endpoints
from otel_evaluator.judges.prices import Spent
from otel_evaluator.judges.rubrics import RUBRICS
from otel_evaluator.judges.transport import is_allowed
from otel_evaluator.metrics import Metrics
from tests.support.judge_server import JudgeServer, a_client, completion, says, status

usd = partial(Spent, tokens=0)
KEY = "sk-s3ntinel-4711"
QUESTION = Question("judge", "rubric", {"output": "text"}, RUBRICS["faithfulness"].answer_schema())


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.001)


def judge(server: JudgeServer, **settings) -> JudgeClient:
    values = {"base_url": server.url, "local": True, "model": "m", "api_key": KEY, **settings}
    config = JudgeConfig.model_validate(values)
    return a_client(config)


async def ask(*scripts, **settings):
    """One question; the answer, and the server that was asked."""
    async with JudgeServer(*scripts) as server:
        client = judge(server, **settings)
        try:
            return await client.ask(QUESTION), server
        finally:
            await client.aclose()


async def test_an_answer_with_its_cost():
    answer, server = await ask(says(4), price={"input": 1.0, "output": 10.0})
    assert answer.value == {"reasoning": "because", "score": 4}
    assert (answer.model, answer.input_tokens, answer.output_tokens) == ("scripted-1", 100, 10)
    assert answer.cost_usd == pytest.approx(0.0002)
    (body,) = server.bodies
    assert body["response_format"]["json_schema"]["schema"] == QUESTION.answer_schema
    assert (body["model"], body["temperature"]) == ("m", 0)
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


async def test_what_an_endpoint_rejects_is_given_up_once():
    async with JudgeServer(
        status(400, "unsupported parameter: 'temperature'"),
        status(400, "response_format json_schema is not supported"),
        status(422, "no tools"),
    ) as server:
        client = judge(server)
        await client.ask(QUESTION)
        await client.ask(QUESTION)
        await client.aclose()
        assert len(server.bodies) == 5
        for body in server.bodies[-2:]:
            assert body["response_format"] == {"type": "json_object"}
            assert "temperature" not in body


@pytest.mark.parametrize("code", [429, 500, 502, 503, 529])
@pytest.mark.fault("D1", "D2")
async def test_what_may_pass_is_tried_again(code):
    answer, server = await ask(status(code), status(code, Retry_After="0"), says(3))
    assert answer.value["score"] == 3
    assert len(server.bodies) == 3


@pytest.mark.fault("D2")
async def test_after_every_attempt_it_is_unavailable():
    with pytest.raises(Unavailable):
        await ask(*[status(503)] * 3, attempts=3)
    unused = JudgeServer()
    unused.port = 9
    client = judge(unused, attempts=2)
    with pytest.raises(Unavailable, match="no connection"):
        await client.ask(QUESTION)
    await client.aclose()


async def hang(body):
    await asyncio.sleep(30)
    return web.Response()


@pytest.mark.fault("D3")
async def test_an_endpoint_that_hangs_costs_one_deadline():
    with pytest.raises(Unavailable, match=r"within 0\.3 s"):
        await asyncio.wait_for(ask(hang, timeout="300ms", attempts=1), 10)


@pytest.mark.fault("D3")
async def test_an_endpoint_that_drips_is_hung_up_on_at_the_deadline():
    closed = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            closed.set()
        finally:
            writer.close()

    dripping = await asyncio.start_server(drip, "127.0.0.1", 0)
    server = JudgeServer()
    server.port = dripping.sockets[0].getsockname()[1]
    client = judge(server, timeout="300ms", attempts=1)
    with pytest.raises(Unavailable, match=r"within 0\.3 s"):
        await asyncio.wait_for(client.ask(QUESTION), 10)
    await asyncio.wait_for(closed.wait(), 10)
    await client.aclose()
    dripping.close()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (status(401), Misconfigured),
        (status(404), Misconfigured),
        (status(302, Location="http://169.254.169.254/"), Misconfigured),
        (status(400, "This model's maximum context length is 8192 tokens"), TooLong),
        (status(413), TooLong),
        (lambda body: completion(None, message={"refusal": "no"}), ContentRefused),
        (lambda body: completion("", finish_reason="content_filter"), ContentRefused),
        (lambda body: completion('{"score"', finish_reason="length"), JudgeError),
        (lambda body: completion("I cannot help with that."), JudgeError),
        (lambda body: completion(""), JudgeError),
        (lambda body: web.Response(text="<html>"), JudgeError),
        (lambda body: web.Response(text=""), JudgeError),
        (lambda body: web.Response(text='{"choices": []}'), JudgeError),
        (lambda body: web.Response(body=b" " * 50 * 2**20), JudgeError),
    ],
)
@pytest.mark.fault("D4", "D5")
async def test_what_is_no_answer_is_an_error_of_its_class(script, expected):
    with pytest.raises(expected) as failure:
        await ask(script)
    assert type(failure.value) is expected


async def test_an_endpoint_that_takes_nothing_is_misconfigured():
    with pytest.raises(Misconfigured):
        await ask(*[status(400, "bad")] * 4, parameters={})


@pytest.mark.fault("D11")
@pytest.mark.parametrize("code", [400, 401, 413, 429, 500])
async def test_the_key_is_in_no_error(code, caplog):
    echo = status(code, f"Authorization: Bearer {KEY} maximum context")
    with pytest.raises(JudgeError) as failure:
        await ask(*[echo] * 9, attempts=2, max_age="50ms", parameters={})
    assert KEY not in str(failure.value)
    assert KEY not in repr(failure.value.__cause__)
    assert KEY not in caplog.text


async def test_calls_in_flight_are_bounded():
    async with JudgeServer(delay_s=0.01) as server:
        client = judge(server, max_concurrency=8)
        await asyncio.gather(*(client.ask(QUESTION) for _ in range(100)))
        await client.aclose()
        assert server.most_in_flight <= 8
        assert len(server.bodies) == 100


@pytest.mark.fault("D9")
async def test_a_budget_is_kept_with_calls_in_flight():
    async with JudgeServer(delay_s=0.01) as server:
        price = {"input": 0.0, "output": 1000.0}
        # A question may cost 1.024 dollars, an answer does cost 0.01.
        client = judge(server, price=price, budget={"usd_per_day": 3.0})
        results = await asyncio.gather(
            *(client.ask(QUESTION) for _ in range(10)), return_exceptions=True
        )
        assert sum(isinstance(each, BudgetExhausted) for each in results) == 8
        await client.ask(QUESTION)
        await client.aclose()
        assert len(server.bodies) == 3


@pytest.mark.fault("D9")
def test_a_model_without_a_price_is_refused():
    config = JudgeConfig(model="nobody/knows-this-1", api_key=KEY)
    with pytest.raises(ConfigError, match="no price is known"):
        a_client(config)


@pytest.mark.fault("D8")
@pytest.mark.parametrize(
    ("address", "public", "local"),
    [
        ("8.8.8.8", True, True),
        ("2001:4860:4860::8888", True, True),
        ("127.0.0.1", False, True),
        ("10.1.2.3", False, True),
        ("::1", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("2002:a9fe:a9fe::", False, False),
        ("fe80::1%eth0", False, False),
        ("0.0.0.0", False, False),
        ("::ffff:10.0.0.1", False, True),
        ("224.0.0.1", False, False),
    ],
)
def test_addresses(address, public, local):
    assert is_allowed(address, "public") is public
    assert is_allowed(address, "local") is local
    assert is_allowed(address, "local_only") is (local and not public)


@pytest.mark.fault("D8")
@pytest.mark.parametrize(
    "base_url",
    [
        "http://judge.example",
        "https://127.0.0.1/v1",
        "https://169.254.169.254/",
        "file:///etc/passwd",
        "https://user:pass@judge.example",
    ],
)
def test_addresses_that_may_not_be_asked_are_a_configuration_error(base_url):
    config = JudgeConfig(model="gpt-4o-mini", base_url=base_url)
    with pytest.raises(ConfigError):
        a_client(config)


@pytest.mark.fault("D8")
async def test_a_name_is_checked_when_it_is_resolved():
    config = JudgeConfig(model="gpt-4o-mini", base_url="https://localhost:9/v1", attempts=1)
    client = a_client(config)
    with pytest.raises(Unavailable, match="no connection"):
        await client.ask(QUESTION)
    await client.aclose()


@pytest.mark.fault("D10")
@pytest.mark.parametrize(
    ("answering", "configured", "same"),
    [
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini", True),
        ("claude-sonnet-4-20250514", "claude-sonnet-4", True),
        ("openai/gpt-4o-mini", "gpt-4o-mini", True),
        ("GPT-4o", "gpt-4o", True),
        ("claude-x-latest", "claude-x", True),
        ("", "gpt-4o", True),
        ("gpt-4o-mini", "gpt-4o", False),
        ("gpt-4.1", "gpt-4o", False),
        ("gpt-4o", "gpt-4o-mini", False),
        ("llama", "gpt-4o", False),
    ],
)
def test_an_edition_of_the_model_is_the_model(answering, configured, same):
    assert is_model(answering, configured) is same


@pytest.mark.fault("D10")
async def test_another_model_than_the_configured_one_is_counted():
    async with JudgeServer() as server:
        client = judge(server, model="gpt-4o")
        answer = await client.ask(QUESTION)
        await client.aclose()
    assert answer.model == "scripted-1"
    assert client._metrics.value("judge_model_mismatches_total", judge="default") == 1


async def test_judges_of_one_endpoint_and_key_share_its_limits():
    async with JudgeServer(delay_s=0.01) as server:
        values = {"base_url": server.url, "local": True, "model": "m", "api_key": KEY}
        configs = {
            "a": JudgeConfig.model_validate(values | {"max_concurrency": 8}),
            "b": JudgeConfig.model_validate(values | {"max_concurrency": 3, "model": "n"}),
            "c": JudgeConfig.model_validate(values | {"api_key": "another"}),
        }
        clock = SystemClock()
        reached = endpoints(configs, clock)
        assert reached["a"] is reached["b"]
        assert reached["a"] is not reached["c"]
        clients = [
            JudgeClient(name, configs[name], reached[name], clock, Metrics()) for name in "ab"
        ]
        await asyncio.gather(*(client.ask(QUESTION) for client in clients * 10))
        for client in clients:
            await client.aclose()
        assert server.most_in_flight <= 3


@pytest.mark.fault("D9")
async def test_the_evaluators_own_budget_holds_too():
    clock = SystemClock()
    async with JudgeServer() as server:
        client = judge(server, price={"input": 0.0, "output": 1000.0})
        own = Asking("e", Budget(JudgeBudgetConfig(tokens_per_day=1), clock))
        with pytest.raises(BudgetExhausted, match="tokens_per_day"):
            await client.ask(QUESTION, own)
        assert not server.bodies
        await client.ask(QUESTION, Asking("f"))
        await client.aclose()


async def test_calls_are_kept_for_spans_on_request():
    asking = Asking("e")
    async with JudgeServer(status(503), says(4)) as server:
        client = judge(server, trace=True)
        await client.ask(QUESTION, asking)
        await client.aclose()
    failed, answered = asking.calls
    assert (failed.error_type, failed.model) == ("Unavailable", "")
    assert (answered.error_type, answered.model, answered.input_tokens) == ("", "scripted-1", 100)
    assert failed.started_ns <= failed.ended_ns <= answered.started_ns <= answered.ended_ns


async def test_a_pause_is_no_attempt(monkeypatch):
    monkeypatch.setattr(breaker, "FIRST_PAUSE_S", 0.01)
    async with JudgeServer(*[status(503)] * (breaker.FAILURES + 2)) as server:
        client = judge(server, attempts=breaker.FAILURES + 3)
        assert (await client.ask(QUESTION)).value["score"] == 5
        await client.aclose()


async def test_anthropic_messages():
    from otel_evaluator.judges import anthropic
    from otel_evaluator.judges.prompt import build

    body = anthropic.request(build(QUESTION, "00" * 12), "claude", "schema", 100, {})
    assert body["tool_choice"]["name"] == body["tools"][0]["name"]
    reply = {
        "model": "claude-x",
        "content": [{"type": "tool_use", "id": "1", "name": "v", "input": {"score": 1}}],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 5, "output_tokens": 6},
    }
    found = anthropic.answer(json.dumps(reply).encode())
    assert (found.value, found.input_tokens, found.output_tokens) == ({"score": 1}, 5, 6)
    for reason, error in (("refusal", ContentRefused), ("max_tokens", JudgeError)):
        with pytest.raises(error):
            anthropic.answer(json.dumps(reply | {"stop_reason": reason}).encode())


@pytest.mark.fault("D9")
async def test_what_the_model_never_saw_costs_nothing():
    async with JudgeServer(status(401)) as server:
        client = judge(server, price={"input": 0.0, "output": 1000.0}, budget={"usd_per_day": 1.5})
        with pytest.raises(Misconfigured):
            await client.ask(QUESTION)
        await client.ask(QUESTION)
        await client.aclose()


@pytest.mark.fault("D2", "D9")
async def test_a_probe_that_the_budget_does_not_cover_leaves_the_next_one_its_turn(monkeypatch):
    monkeypatch.setattr(breaker, "FIRST_PAUSE_S", 0.0)
    async with JudgeServer(*[status(503)] * breaker.FAILURES) as server:
        price = {"input": 0.0, "output": 1000.0}
        client = judge(server, price=price, budget={"usd_per_day": 1.5}, attempts=breaker.FAILURES)
        with pytest.raises(Unavailable):
            await client.ask(QUESTION)
        reserved = client.budget.reserve(usd(1.0))
        with pytest.raises(BudgetExhausted):
            await client.ask(QUESTION)
        client.budget.settle(reserved)
        await client.ask(QUESTION)
        await client.aclose()
