"""The HTTP connections to a server, with what the driver does not look at."""

import io
import re
from typing import Any

from clickhouse_connect.driver.httputil import get_pool_manager_options
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse, HTTPResponse

EXCEPTION_HEADER = "X-ClickHouse-Exception-Code"
PROGRESS_HEADER = "x-clickhouse-progress"

MOST_BYTES = 2**20
"""Longest answer that is read as a whole; results of queries are read as a stream."""
_EXCEPTION_BODY = re.compile(rb"\ACode: (\d+)\. DB::")


class CheckedPool(PoolManager):
    """A pool that notices failures behind a status of 200, and remembers ``Retry-After``.

    The driver sends an insert again by itself when the connection closes without an answer,
    whether or not the table would recognise it. Here such a failure looks like any other, so
    that only the delivery loop repeats. And a server that fails after it began to answer has
    sent its 200 already and writes the exception into the body; the driver looks for it in
    results of queries, not of inserts. An answer of any length, such as a proxy's page, is
    read to ``MOST_BYTES`` only.
    """

    def __init__(self, ca_file: str, verify: bool) -> None:
        super().__init__(**get_pool_manager_options(ca_cert=ca_file or None, verify=verify))
        self.retry_after_s: float | None = None

    def request(self, method: str, url: str, **arguments: Any) -> BaseHTTPResponse:  # type: ignore[override]
        """The answer, marked as an exception where its body holds one."""
        self.retry_after_s = None
        is_result = not arguments.pop("preload_content", True)
        try:
            answer = super().request(method, url, preload_content=False, **arguments)
            if not is_result or answer.status >= 300:
                answer = _whole(answer)
        except HTTPError as error:
            # One level more: the driver looks for the closed connection at the cause itself.
            raise HTTPError(type(error).__name__) from error
        if all(name.lower() == PROGRESS_HEADER for name in answer.headers):
            answer.close()
            raise HTTPError("the connection closed before the answer was complete")
        waiting = answer.headers.get("Retry-After", "")
        if waiting.isdigit():
            self.retry_after_s = float(waiting)
        if not is_result and EXCEPTION_HEADER not in answer.headers:
            found = _EXCEPTION_BODY.match(answer.data[:64])
            if found:
                answer.headers[EXCEPTION_HEADER] = found[1].decode()
        return answer


def _whole(answer: BaseHTTPResponse) -> BaseHTTPResponse:
    body = answer.read(MOST_BYTES + 1, decode_content=False)
    if len(body) > MOST_BYTES:
        answer.close()
        raise HTTPError(f"an answer of more than {MOST_BYTES} bytes")
    answer.release_conn()
    return HTTPResponse(
        io.BytesIO(body), answer.headers, answer.status, reason=answer.reason, preload_content=True
    )
