from typing import Any

import pytest
from pydantic import ValidationError

from otel_evaluator.receive.config import OtlpReceiverConfig, is_loopback, split_endpoint

TOKENS = {"bearer_tokens": ["secret-token"]}
TLS = {"cert_file": "server.pem", "key_file": "server.key"}


def load(**sections: Any) -> OtlpReceiverConfig:
    return OtlpReceiverConfig.model_validate(sections)


def problem(**sections: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        load(**sections)
    return str(caught.value)


def test_defaults_listen_on_this_machine_only() -> None:
    config = load()
    assert config.grpc
    assert config.grpc.endpoint == "127.0.0.1:4317"
    assert config.grpc.max_message_size == 64 * 2**20
    assert config.http
    assert config.http.endpoint == "127.0.0.1:4318"
    assert not config.grpc.reuse_port


def test_reads_the_documented_form() -> None:
    config = load(
        grpc={"endpoint": "0.0.0.0:4317", "max_message_size": "32MiB"},
        http=None,
        auth=TOKENS,
        tls=TLS | {"client_ca_file": "ca.pem"},
        limits={"max_in_flight": "64MiB", "max_memory": "1GiB", "read_timeout": "5s"},
    )
    assert config.grpc
    assert config.grpc.max_message_size == 32 * 2**20
    assert config.http is None
    assert config.limits.read_timeout == 5.0
    assert "secret-token" not in repr(config)


@pytest.mark.parametrize(
    "endpoint", ["0.0.0.0:4317", ":4317", "[::]:4317", "10.1.2.3:4317", "host:1"]
)
@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_a_public_address_needs_auth_tls_or_insecure(endpoint: str, transport: str) -> None:
    listener = {transport: {"endpoint": endpoint}}
    text = problem(**listener)
    assert f"{transport}.endpoint {endpoint}" in text
    assert "insecure: true" in text
    for guard in ({"auth": TOKENS}, {"tls": TLS}, {"insecure": True}):
        load(**listener, **guard)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:0", "127.8.9.1:1", "[::1]:4317", "localhost:4317"])
def test_loopback_addresses_need_no_guard(endpoint: str) -> None:
    load(grpc={"endpoint": endpoint}, http={"endpoint": endpoint})


@pytest.mark.parametrize(
    "endpoint",
    ["4317", "localhost", "localhost:", "a:99999", "http://a:4317", "::1:4317", "a:-1"],
)
def test_endpoints_that_are_none(endpoint: str) -> None:
    assert "is not host:port" in problem(grpc={"endpoint": endpoint})


def test_splits_endpoints() -> None:
    assert split_endpoint("[::1]:4317") == ("::1", 4317)
    assert split_endpoint(":4317") == ("", 4317)
    assert is_loopback("::1")
    assert not is_loopback("")


@pytest.mark.parametrize("token", ["", " ", "two words", "tab\there", "größe", 5])
def test_unusable_tokens_are_refused_without_being_shown(token: Any) -> None:
    text = problem(auth={"bearer_tokens": ["good-and-secret", token]})
    assert "auth.bearer_tokens" in text


def test_auth_without_tokens_is_refused() -> None:
    assert "auth.bearer_tokens" in problem(auth={"bearer_tokens": []})
    assert "auth.bearer_tokens" in problem(auth={})


@pytest.mark.parametrize("missing", ["cert_file", "key_file"])
def test_certificate_and_key_belong_together(missing: str) -> None:
    files = {name: value for name, value in TLS.items() if name != missing}
    assert f"tls.{missing}" in problem(tls=files)


def test_tls_1_3_alone_is_only_for_http() -> None:
    assert "cannot be enforced for gRPC" in problem(tls=TLS | {"min_version": "1.3"})
    load(tls=TLS | {"min_version": "1.3"}, grpc=None)


def test_something_must_be_received() -> None:
    assert "both null" in problem(grpc=None, http=None)


def test_a_request_must_fit_into_the_bytes_in_flight() -> None:
    assert "max_in_flight" in problem(limits={"max_in_flight": "32MiB"})


def test_unknown_keys_are_refused() -> None:
    assert "max_mesage_size" in problem(grpc={"max_mesage_size": "1MiB"})
