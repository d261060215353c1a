"""Where the administration endpoint may listen."""

import pytest
from pydantic import ValidationError

from otel_evaluator.expose.config import AdminConfig, split


def test_defaults_listen_on_this_machine_only():
    assert split(AdminConfig().endpoint) == ("127.0.0.1", 9464)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:0", "localhost:9464", "[::1]:9464", "127.9.9.9:1"])
def test_loopback_needs_nothing(endpoint: str):
    AdminConfig(endpoint=endpoint)


@pytest.mark.parametrize(
    "endpoint", ["0.0.0.0:9464", "[::]:9464", "10.0.0.1:9464", "host:9464", ":9464"]
)
def test_elsewhere_needs_a_token_or_a_word(endpoint: str):
    with pytest.raises(ValidationError, match="set bearer_tokens, or insecure: true"):
        AdminConfig(endpoint=endpoint)
    AdminConfig.model_validate({"endpoint": endpoint, "bearer_tokens": ["x"]})
    AdminConfig(endpoint=endpoint, insecure=True)


@pytest.mark.parametrize("endpoint", ["", "9464", "a:b", "a:99999", "::1:80", "a:-1", "a:"])
def test_what_is_no_address(endpoint: str):
    with pytest.raises(ValidationError, match=r"127\.0\.0\.1:9464|brackets"):
        AdminConfig(endpoint=endpoint)


def test_an_empty_token_guards_nothing():
    with pytest.raises(ValidationError, match="a token is empty"):
        AdminConfig.model_validate({"bearer_tokens": [""]})


def test_tokens_do_not_print():
    config = AdminConfig.model_validate({"bearer_tokens": ["sentinel"]})
    assert "sentinel" not in repr(config) + config.model_dump_json()
