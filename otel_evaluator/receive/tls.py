"""Certificates for both listeners."""

import ssl

import grpc

from otel_evaluator.errors import ConfigError
from otel_evaluator.receive.config import TlsConfig

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def ssl_context(config: TlsConfig) -> ssl.SSLContext:
    """The context of the HTTP listener; ConfigError when a file does not serve."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = _VERSIONS[config.min_version]
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(config.cert_file, config.key_file, password=_no_password)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            [
                f"receivers.otlp.tls: {config.cert_file} and {config.key_file} cannot be used "
                f"({_reason(error)}); both must be PEM files that belong together, the key "
                "without a password"
            ]
        ) from None
    if config.client_ca_file is not None:
        try:
            context.load_verify_locations(config.client_ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                [
                    f"receivers.otlp.tls.client_ca_file: {config.client_ca_file} cannot be used "
                    f"({_reason(error)}); it must be a PEM file of certificates"
                ]
            ) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def server_credentials(config: TlsConfig) -> grpc.ServerCredentials:
    """The credentials of the gRPC listener; gRPC itself speaks nothing older than TLS 1.2."""
    ssl_context(config)  # gRPC accepts bad files in silence and fails every handshake later.
    pair = (config.key_file.read_bytes(), config.cert_file.read_bytes())
    if config.client_ca_file is None:
        return grpc.ssl_server_credentials([pair])
    return grpc.ssl_server_credentials(
        [pair],
        root_certificates=config.client_ca_file.read_bytes(),
        require_client_auth=True,
    )


def _no_password() -> str:
    raise ssl.SSLError("the key is protected by a password")


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or (str(error.args[0]) if error.args else "not PEM")
    return getattr(error, "strerror", None) or str(error)
