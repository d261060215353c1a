"""Reading configuration files: reliability fault matrix H8 (YAML) and H9 (references)."""

import contextlib
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from otel_evaluator.config.document import Lines, parse
from otel_evaluator.config.load import MAX_BYTES, load, read
from otel_evaluator.errors import ConfigError


def write(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "config.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def problem(tmp_path: Path, text: str | bytes, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), environ or {})
    return "\n".join(caught.value.problems)


class TestScalars:
    @pytest.mark.parametrize(
        "word", ["no", "on", "yes", "off", "NO", "y", "12:30:45", "1_000", "0b11"]
    )
    def test_what_yaml_1_1_would_turn_into_something_else_stays_text(
        self, tmp_path: Path, word: str
    ):
        assert load(write(tmp_path, f"language: {word}"), {}) == {"language": word}

    def test_on_is_an_ordinary_key(self, tmp_path: Path):
        assert load(write(tmp_path, "on: trace\nno: 1"), {}) == {"on": "trace", "no": 1}

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("true", True),
            ("False", False),
            ("~", None),
            ("null", None),
            ("", None),
            ("10", 10),
            ("010", 10),
            ("-3", -3),
            ("0o17", 15),
            ("0xff", 255),
            ("0.5", 0.5),
            (".5", 0.5),
            ("1e3", 1000.0),
            ("-.inf", float("-inf")),
            ("'10'", "10"),
            ('"true"', "true"),
            ("10s", "10s"),
            ("2024-01-01", "2024-01-01"),
            ("!!str 10", "10"),
            ("|\n  a\n  b\n", "a\nb\n"),
        ],
    )
    def test_core_schema(self, tmp_path: Path, text: str, value: object):
        loaded = load(write(tmp_path, f"a: {text}"), {})["a"]
        assert loaded == value
        assert type(loaded) is type(value)

    def test_an_empty_file_is_an_empty_configuration(self, tmp_path: Path):
        assert load(write(tmp_path, "# nothing here\n"), {}) == {}

    def test_an_integer_beyond_reading_is_refused(self, tmp_path: Path):
        assert "a (line 1): not a readable integer" in problem(tmp_path, "a: " + "9" * 5000)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(categories=["Lu", "Ll", "Zs", "Po"]), min_size=1),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=30,
)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), PLAIN, max_size=4))
def test_what_was_written_is_read(values: dict[str, object]):
    assert parse(yaml.safe_dump(values, allow_unicode=True), Lines()) == values


@given(st.text(max_size=60) | st.text("{}[]&*!<:,-#|>'\"%@` \n\tab0", max_size=60))
@example("? [a]\n: b")
@example("a: !!timestamp x")
@example("%YAML 3.0\n---\na")
@example("a: |9\n")
@example("&a : *a")
def test_any_text_is_values_or_a_sentence(text: str):
    with contextlib.suppress(ConfigError):
        assert isinstance(parse(text, Lines()), dict)


class TestStructure:
    def test_duplicate_keys_name_both_lines(self, tmp_path: Path):
        text = "sampling:\n  base_rate: 0.1\n  seed: 0\n  base_rate: 1.0\n"
        assert "sampling.base_rate (line 4): the key is already set on line 2" in problem(
            tmp_path, text
        )

    def test_aliases_and_merges_are_followed(self, tmp_path: Path):
        text = "base: &b {x: 1, y: 2}\none: *b\ntwo:\n  <<: *b\n  y: 3\nthree: {<<: [*b, {z: 4}]}\n"
        loaded = load(write(tmp_path, text), {})
        assert loaded["one"] == {"x": 1, "y": 2}
        assert loaded["two"] == {"x": 1, "y": 3}
        assert loaded["three"] == {"x": 1, "y": 2, "z": 4}

    def test_an_alias_bomb_ends_quickly(self, tmp_path: Path):
        rows = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
        rows += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
        started = time.monotonic()
        assert "aliases are followed" in problem(tmp_path, "\n".join(rows))
        assert time.monotonic() - started < 5

    def test_a_merge_bomb_ends_too(self, tmp_path: Path):
        rows = ["a0: &a0 {k: 1}"]
        rows += [f"a{i}: &a{i} {{<<: [{','.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 12)]
        assert "aliases are followed" in problem(tmp_path, "\n".join(rows))

    @pytest.mark.parametrize(
        "text", ["a: &a [*a]", "a: &a {b: *a}", "a: &a {<<: *a}", "a: {<<: &c {<<: *c}}"]
    )
    def test_a_value_inside_itself_is_refused(self, tmp_path: Path, text: str):
        assert "an alias refers to its own parent" in problem(tmp_path, text)

    def test_depth_is_bounded(self, tmp_path: Path):
        assert "nested deeper than 50 levels" in problem(tmp_path, "a: " + "[" * 100_000)
        assert "nested deeper than 50 levels" in problem(tmp_path, "a: " + "{a: " * 1000)

    @pytest.mark.parametrize(
        "text",
        [
            "a: !!python/object/apply:os.system ['true']",
            "a: !!python/name:os.system ''",
            "a: !!python/object:object {}",
            "a: !mine 5",
            "a: !!binary aGk=",
            "a: !!bool maybe",
            "a: !!float x",
            "!!python/object:object {}: 1",
        ],
    )
    def test_tags_are_refused(self, tmp_path: Path, text: str):
        assert "line 1): " in problem(tmp_path, text)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("a:\n\tb: 1\n", "line 2: a tab stands where YAML wants spaces"),
            ("a: 1\n---\nb: 2\n", "line 2: a second document starts here"),
            ("a: *nowhere\n", "line 1: found undefined alias 'nowhere'; define it with &"),
            ("a: [1, 2\nb: 3\n", "line 2: "),
            ("a: 'open\n", "quotes"),
            ("- a\n- b\n", "line 1: the file must be a mapping"),
            ("just text", "line 1: the file must be a mapping"),
            ("a: 1\nb: \x07\n", "line 2: the character '\\x07' is not allowed"),
            ("[a, b]: 1", "line 1): a key must be plain text"),
            ("a: 1\n\ufeffb: 2\n", "line 2: a byte order mark inside the file"),
        ],
    )
    def test_what_cannot_be_read_names_the_line(self, tmp_path: Path, text: str, expected: str):
        assert expected in problem(tmp_path, text)


class TestFile:
    def test_utf8_byte_order_mark_is_harmless(self, tmp_path: Path):
        assert load(write(tmp_path, b"\xef\xbb\xbfa: 1\n"), {}) == {"a": 1}

    def test_utf16_is_named(self, tmp_path: Path):
        assert "UTF-16; save it as UTF-8" in problem(tmp_path, "a: 1\n".encode("utf-16"))

    def test_not_utf8_names_the_line(self, tmp_path: Path):
        assert "line 2: not UTF-8 text" in problem(tmp_path, b"a: 1\nb: \xff\n")

    def test_size_is_capped(self, tmp_path: Path):
        assert "larger than 1 MiB" in problem(tmp_path, b"#" * (MAX_BYTES + 1))

    def test_missing_file_and_folder(self, tmp_path: Path):
        with pytest.raises(ConfigError, match="there is no such file"):
            load(tmp_path / "none.yaml", {})
        with pytest.raises(ConfigError, match="cannot be read"):
            load(tmp_path, {})

    def test_lines_are_known_by_path(self, tmp_path: Path):
        lines = read(write(tmp_path, "a:\n  b:\n    - x: 1\n    - x: 2\n"), {}).lines
        assert lines.numbers[("a", "b", 1, "x")] == 4
        assert lines.line(("a", "b", 0, "missing")) == 3
        assert lines.line(("nothing",)) is None


class TestReferences:
    def test_environment_and_default(self, tmp_path: Path):
        text = "a: ${env:A}\nb: x-${env:B:-two}-y\nc: ${env:C:-}\nlist: ['${env:A}']\n"
        assert load(write(tmp_path, text), {"A": "one", "C": ""}) == {
            "a": "one",
            "b": "x-two-y",
            "c": "",
            "list": ["one"],
        }

    def test_values_stay_text(self, tmp_path: Path):
        assert load(write(tmp_path, "a: ${env:A}"), {"A": "007"}) == {"a": "007"}

    def test_a_value_is_never_expanded_again(self, tmp_path: Path):
        environ = {"A": "${env:B} $${x} ${file:/etc/hostname} *a: [", "B": "secret"}
        assert load(write(tmp_path, "a: ${env:A}"), environ) == {"a": environ["A"]}

    def test_keys_are_not_replaced(self, tmp_path: Path):
        assert load(write(tmp_path, "'${env:A}': 1"), {"A": "b"}) == {"${env:A}": 1}

    def test_only_the_newline_at_the_end_is_stripped(self, tmp_path: Path):
        (tmp_path / "secret").write_text(" two\nlines \r\n\n")
        loaded = load(write(tmp_path, "f: ${file:secret}\ne: ${env:E}"), {"E": "x\ny\n"})
        assert loaded == {"f": " two\nlines ", "e": "x\ny"}

    def test_dollar_signs_of_expressions_are_kept(self, tmp_path: Path):
        text = "a: '^x$'\nb: '\\$$'\nc: '$${env:A} costs $5'\n"
        assert load(write(tmp_path, text), {}) == {
            "a": "^x$",
            "b": "\\$$",
            "c": "${env:A} costs $5",
        }

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("${env:NONE}", "a.b (line 2): the environment variable NONE is not set; set it, or"),
            ("${env:EMPTY}", "the environment variable EMPTY is set but empty"),
            ("${env:not-a-name}", "is not a name of an environment variable"),
            ("${HOME}", "write ${env:HOME}"),
            ("${env:A:-${env:B}}", "references cannot be nested"),
            ("${env:A", "a reference is not closed"),
            ("${vault:x}", "a reference starts with ${env: or ${file:"),
            ("${file:/no/such/file}", "there is no file '/no/such/file'"),
            ("${file:}", "there is no file ''"),
            ("${file:/dev/zero}", "there is no file '/dev/zero'"),
        ],
    )
    def test_what_cannot_be_replaced(self, tmp_path: Path, value: str, expected: str):
        assert expected in problem(tmp_path, f"a:\n  b: '{value}'\n", {"EMPTY": "\n"})

    def test_every_missing_variable_is_named_at_once(self, tmp_path: Path):
        with pytest.raises(ConfigError) as caught:
            load(write(tmp_path, "a: ${env:ONE}\nb: ['${env:TWO}']"), {})
        assert len(caught.value.problems) == 2
        assert "b[0] (line 2)" in caught.value.problems[1]

    def test_referenced_files_are_small_text(self, tmp_path: Path):
        (tmp_path / "big").write_bytes(b"x" * 70_000)
        (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
        assert "larger than 64 KiB" in problem(tmp_path, "a: ${file:big}")
        assert "is not UTF-8 text" in problem(tmp_path, "a: ${file:binary}")
