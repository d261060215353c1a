"""Bearer tokens: who may send."""

import hmac

from otel_evaluator.errors import Unauthenticated
from otel_evaluator.receive.config import AuthConfig

MAX_HEADER = 8192
"""Characters; a longer authorization header is refused unread."""


class BearerAuth:
    """Checks an Authorization value against every configured token in constant time.

    The scheme's name is compared without regard to case (RFC 9110 §11.1), the token exactly.
    """

    def __init__(self, config: AuthConfig) -> None:
        self._tokens = [token.reveal().encode() for token in config.bearer_tokens]

    def check(self, authorization: str | None) -> None:
        """Raise Unauthenticated unless the value carries a configured token."""
        if authorization is None:
            raise Unauthenticated("no authorization header; send 'authorization: Bearer <token>'")
        scheme, _, token = authorization[: MAX_HEADER + 1].partition(" ")
        if scheme.lower() != "bearer" or len(authorization) > MAX_HEADER:
            raise Unauthenticated("the authorization header is not of the form 'Bearer <token>'")
        given = token.strip().encode("utf-8", "surrogateescape")
        # All tokens are compared, so that time does not tell which one was close.
        matches = [hmac.compare_digest(given, expected) for expected in self._tokens]
        if not any(matches):
            raise Unauthenticated("the bearer token is not known to this receiver")
