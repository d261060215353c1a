"""ClickHouse's HTTP interface in front of the embedded engine.

Enough of the interface for clickhouse-connect: real SQL, the Native format in both directions,
settings and parameters in the URL, X-ClickHouse-* headers, and error codes with the status a
server gives them. Faults can be put in front of or behind the engine.
"""

import gzip
import json
import os
import re
import ssl
import tempfile
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import chdb
import lz4.frame

TRANSPORT = {
    "database", "query", "query_id", "session_id", "wait_end_of_query", "compress", "decompress",
    "enable_http_compression", "send_progress_in_http_headers", "buffer_size", "user", "password",
    "http_headers_progress_interval_ms", "client_protocol_version",
    "cancel_http_readonly_queries_on_client_close",
}  # fmt: skip
"""URL parameters that the HTTP interface keeps to itself."""

NOT_FOUND = {60, 81, 16, 47}
FORBIDDEN = {497, 516}


class Request(NamedTuple):
    """One statement as it arrived."""

    sql: str
    payload: bytes
    settings: dict[str, str]
    parameters: dict[str, str]
    database: str


class Answer(NamedTuple):
    """What goes back; None instead of an Answer closes the connection without one."""

    status: int
    headers: dict[str, str]
    body: bytes


Fault = Callable[[Request, Callable[[Request], Answer]], Answer | None]
"""Gets the request and the way to the engine; gives the answer."""


def commit_then_drop(request: Request, engine: Callable[[Request], Answer]) -> Answer | None:
    """The engine does it, the answer is lost."""
    engine(request)
    return None


def refuse(status: int, **headers: str) -> Fault:
    """A proxy in between answers; the engine sees nothing."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda request, engine: Answer(status, named, b"not now")


def page(status: int, body: bytes, **headers: str) -> Fault:
    """A proxy answers with this page; a Content_Length that is not its own cuts it off."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda request, engine: Answer(status, named, body)


def fail_with(code: int, text: str = "Some text. (NAME)") -> Fault:
    """The server answers with an exception of its own."""
    return lambda request, engine: _exception(f"Code: {code}. DB::Exception: {text}")


def ok_with_exception(code: int) -> Fault:
    """A failure after the status line: 200, and the exception in the body."""
    body = f"Code: {code}. DB::Exception: Some text. (NAME)".encode()
    return lambda request, engine: Answer(200, {}, body)


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that was killed is no news."""


class ClickHouseHttp:
    """The server; ``faults`` are taken one per matching statement, then everything works."""

    def __init__(
        self,
        path: str,
        user: str = "default",
        password: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._engine: Any = None
        self.database = "default"
        """Where a test's tables are."""
        self.user, self.password = user, password
        self.faults: list[tuple[str, Fault]] = []
        self.requests: list[Request] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def on(self, statement: str, *faults: Fault) -> None:
        """Meet the next statements whose text contains ``statement`` with these faults."""
        self.faults.extend((statement, fault) for fault in faults)

    def inserts(self, table: str) -> list[Request]:
        """INSERT statements into this table that arrived."""
        return [r for r in self.requests if r.sql.startswith("INSERT") and f"`{table}`" in r.sql]

    def answer(self, request: Request) -> Answer | None:
        """The answer to a request, faults applied."""
        self.requests.append(request)
        for index, (statement, fault) in enumerate(self.faults):
            if statement in request.sql:
                del self.faults[index]
                return fault(request, self._ask)
        return self._ask(request)

    def _ask(self, request: Request) -> Answer:
        with self._lock, self._handle() as handle:
            try:
                if request.database:
                    handle.query(f"USE `{request.database}`")
                for name, value in request.settings.items():
                    handle.query(f"SET {name} = {_literal(value)}")
                return _run(handle, request)
            except RuntimeError as error:
                return _exception(str(error))

    @contextmanager
    def _handle(self) -> Iterator[Any]:
        # Settings and the database belong to a handle: a fresh one per request, as a server does.
        handle = chdb.connect(self._path)
        try:
            yield handle
        finally:
            handle.close()

    def __enter__(self) -> "ClickHouseHttp":
        # With the last handle the engine ends, and the next one starts it anew: one stays open.
        self._engine = chdb.connect(self._path)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        with self._lock:
            self._engine.close()


def _run(handle: Any, request: Request) -> Answer:
    if not request.sql.upper().startswith("INSERT"):
        # As a server: names of the format in the headers, TabSeparated without a FORMAT clause.
        found = re.search(r"\bFORMAT\s+(\w+)\s*$", request.sql)
        shown = found[1] if found else "TabSeparated"
        result = handle.query(request.sql, shown, params=request.parameters)
        body = result.bytes() or b""
        produces = re.match(r"\s*(SELECT|WITH|SHOW|DESC|EXPLAIN|EXISTS)", request.sql, re.I)
        return Answer(200, _headers(shown) if produces else _headers(""), body)
    with tempfile.NamedTemporaryFile(suffix=".native", delete=False) as file:
        file.write(request.payload)
    try:
        head, _, kind = request.sql.rpartition(" FORMAT ")
        handle.query(f"{head} FROM INFILE {_literal(file.name)} FORMAT {kind.strip()}")
    finally:
        os.unlink(file.name)
    return Answer(200, _headers(""), b"")


def _headers(shown: str) -> dict[str, str]:
    headers = {
        "X-ClickHouse-Summary": json.dumps({"read_rows": "0"}),
        "X-ClickHouse-Timezone": "UTC",
    }
    return headers | ({"X-ClickHouse-Format": shown} if shown else {})


def _exception(text: str) -> Answer:
    text = text[text.find("Code: ") :]
    found = re.match(r"Code: (\d+)", text)
    code = int(found[1]) if found else 1000
    status = 404 if code in NOT_FOUND else 403 if code in FORBIDDEN else 500
    return Answer(status, {"X-ClickHouse-Exception-Code": str(code)}, text.encode())


def _literal(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    return lz4.frame.decompress(body) if encoding == "lz4" else body


def _read_body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("Transfer-Encoding") != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    body = b""
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


def _parse(handler: BaseHTTPRequestHandler) -> Request:
    values = dict(parse_qsl(urlsplit(handler.path).query, keep_blank_values=True))
    body = _decoded(_read_body(handler), handler.headers.get("Content-Encoding", ""))
    sql, payload = values.get("query", ""), body
    if not sql and body[:6].upper() == b"INSERT" and b" FORMAT " in body:
        line, _, payload = body.partition(b"\n")
        sql = line.decode()
    elif not sql:
        sql, payload = body.decode(), b""
    return Request(
        sql=sql.strip(),
        payload=payload,
        settings={
            k: v for k, v in values.items() if k not in TRANSPORT and not k.startswith("param_")
        },
        parameters={k[6:]: v for k, v in values.items() if k.startswith("param_")},
        database=values.get("database", ""),
    )


def _handler(front: ClickHouseHttp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = _parse(self)
            if not self._known():
                answer: Answer | None = _exception(
                    "Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)"
                )
            else:
                answer = front.answer(request)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" in answer.headers:
                self.close_connection = True
            else:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(answer.body)

        do_GET = do_POST  # noqa: N815  (the name http.server looks for)

        def _known(self) -> bool:
            kind, _, encoded = self.headers.get("Authorization", "").partition(" ")
            user, _, password = b64decode(encoded).decode().partition(":") if kind else ("", "", "")
            return (user or "default", password) == (front.user, front.password)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    return Handler
