"""Validation errors in the user's words."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError, field_validator, model_validator

from otel_evaluator.config.base import ComponentConfig, Duration, Size
from otel_evaluator.config.explain import explain
from otel_evaluator.config.load import read
from otel_evaluator.config.secret import Secret


class Tier(ComponentConfig):
    name: str
    rate: Annotated[float, Field(ge=0, le=1)]
    when: str | None = None


class Sampling(ComponentConfig):
    key: Literal["conversation", "trace"] = "conversation"
    base_rate: Annotated[float, Field(gt=0, le=1)] = 0.1
    tiers: tuple[Tier, ...] = ()

    @field_validator("tiers")
    @classmethod
    def _unique(cls, tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
        if len({tier.name for tier in tiers}) < len(tiers):
            raise ValueError("two tiers have the same name; rename one")
        return tiers


class Contains(ComponentConfig):
    type: Literal["contains"]
    phrases: tuple[str, ...]


class Length(ComponentConfig):
    type: Literal["length"]
    maximum: int


class Judge(ComponentConfig):
    api_key: Secret
    retries: int = 3
    timeout: Duration = 30.0
    rubric: str | Length | None = None
    headers: dict[str, str] = Field(default_factory=dict)


class Root(ComponentConfig):
    sampling: Sampling = Sampling()
    judges: dict[str, Judge] = Field(default_factory=dict)
    evaluators: tuple[Annotated[Contains | Length, Field(discriminator="type")], ...] = ()
    max_size: Size = 10
    insecure: bool = False

    @model_validator(mode="after")
    def _check(self) -> "Root":
        if self.insecure and not self.judges:
            raise ValueError("insecure needs judges; add one")
        return self


def problems(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    document = read(file, environ or {})
    with pytest.raises(ValidationError) as caught:
        Root.model_validate(document.values)
    prefix = f"{file}: "
    lines = explain(caught.value, Root, document.lines).problems
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "sampling:\n  tiers:\n    - {name: a, rate: 0.5}\n    - {name: b, rate: 3}\n",
            "sampling.tiers[1].rate (line 4): 3 must be at most 1; try less",
        ),
        (
            "sampling:\n  base_rat: 0.5\n",
            "sampling.base_rat (line 2): there is no such setting; did you mean 'base_rate'?",
        ),
        (
            "zzz: 1",
            "zzz (line 1): there is no such setting; known here: "
            "sampling, judges, evaluators, max_size, insecure",
        ),
        (
            "sampling: {key: conversatoin}",
            "sampling.key (line 1): 'conversatoin' is not known; did you mean 'conversation'?",
        ),
        ("sampling: {key: x}", "'x' is not known; try conversation or trace"),
        ("sampling: {base_rate: lots}", "'lots' is not a number; write a number, such as 0.5"),
        ("sampling: {base_rate: 12.5%}", "'12.5%' is not a number; write 0.125"),
        ("sampling: [1]", "sampling (line 1): is not a mapping of keys to values; write a mapping"),
        ("sampling: {tiers: 5}", "sampling.tiers (line 1): 5 is not a list; write a list"),
        ("sampling: {tiers: [{rate: 1}]}", "sampling.tiers[0].name (line 1): is missing; set it"),
        ("insecure: maybe", "insecure (line 1): 'maybe' is not true or false; write true or false"),
        ("max_size: 5 elephants", "'5 elephants' is not a size; write a number with KiB"),
        ("judges: {a: {api_key: k, timeout: 5x}}", "judges.a.timeout (line 1): '5x' is not a dura"),
        ("judges: {a: {api_key: k, retries: 1.5}}", "1.5 is not a whole number; write a whole"),
        ("judges: {a: {}}", "judges.a.api_key (line 1): is missing; set it"),
        ("evaluators: [{type: contains}]", "evaluators[0].phrases (line 1): is missing"),
        ("evaluators: [{type: nope}]", "evaluators[0] (line 1): does not say which kind it is"),
        (
            "evaluators: [{type: contains, phrasse: [a]}]",
            "evaluators[0].phrasse (line 1): there is no such setting; did you mean 'phrases'?",
        ),
        (
            "judges: {a: {api_key: k, rubric: {type: length, maximum: x}}}",
            "judges.a.rubric.maximum (line 1): 'x' is not a whole number",
        ),
        ("insecure: true", "configuration: insecure needs judges; add one"),
        (
            "sampling: {tiers: [{name: a, rate: 1}, {name: a, rate: 1}]}",
            "sampling.tiers (line 1): two tiers have the same name; rename one",
        ),
    ],
)
def test_one_line_says_where_what_and_what_next(tmp_path: Path, text: str, expected: str):
    assert any(expected in line for line in problems(tmp_path, text)), problems(tmp_path, text)


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path):
    text = "max_size: x\ninsecure: perhaps\nsampling:\n  base_rate: 0\n  key: z\n"
    found = problems(tmp_path, text)
    assert [line.split(" ")[0] for line in found] == [
        "max_size",
        "insecure",
        "sampling.base_rate",
        "sampling.key",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "judges: {a: {api_key: 12345678}}",
        "judges: {a: {api_key: [sentinel-12345678]}}",
        "judges: {a: {api_key: {x: sentinel-12345678}}}",
        "judges: {a: {api_kye: sentinel-12345678}}",
        "judges: {a: sentinel-12345678-is-rather-long-for-a-mapping-of-keys-to-values}",
        "judges: {a: {api_key: x, headers: {authorization: [sentinel-12345678]}}}",
    ],
)
def test_secrets_are_not_quoted(tmp_path: Path, text: str):
    assert "12345678" not in "\n".join(problems(tmp_path, text))


@pytest.mark.parametrize("setting", ["max_size", "insecure", "sampling"])
def test_what_came_from_the_environment_is_shown_as_it_was_written(tmp_path: Path, setting: str):
    (line,) = problems(tmp_path, f"{setting}: ${{env:A}}", {"A": "sentinel"})
    assert "sentinel" not in line
    assert "${env:A}" in line


def test_a_part_of_a_file_is_explained_with_its_prefix():
    with pytest.raises(ValidationError) as caught:
        Tier.model_validate({"name": "a", "rate": -1})
    error = explain(caught.value, Tier, prefix=("sampling", "tiers", 4))
    assert error.problems == ["sampling.tiers[4].rate: -1 must be at least 0; try more"]


@pytest.mark.parametrize("value", [None, 5, [], "x", {"a": {"b": 1}}, {"sampling": {"tiers": {}}}])
def test_any_shape_gives_lines(value: Any):
    with pytest.raises(ValidationError) as caught:
        Root.model_validate(value)
    assert all("; " in line for line in explain(caught.value, Root).problems)
