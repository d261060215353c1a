"""A client of the administration endpoint; failures say what to start or set."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from otel_evaluator.cli.output import Failure

TIMEOUT_S = 30.0


def get(admin: str, path: str, token: str = "", **parameters: Any) -> Any:
    """The JSON answer to a GET; parameters that are None are left out. Failure otherwise."""
    status, answer = request(admin, path, token, **parameters)
    if status == 200:
        return answer
    sentence = answer.get("error", "") if isinstance(answer, dict) else ""
    if status == 401:
        sentence += "; give it with --token or OTEL_EVALUATOR_ADMIN_TOKEN"
    raise Failure(f"{admin}{path} answered {status}: {sentence or 'no reason given'}")


def request(admin: str, path: str, token: str = "", **parameters: Any) -> tuple[int, Any]:
    """Status and JSON of a GET; Failure when nothing of ours answers there."""
    url = _base(admin) + path
    given = {name: value for name, value in parameters.items() if value is not None}
    if given:
        url += "?" + urllib.parse.urlencode(given)
    asked = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310
    if token:
        asked.add_header("Authorization", f"Bearer {token}")
    try:
        with _OPENER.open(asked, timeout=TIMEOUT_S) as response:
            return response.status, _json(response.read(), admin)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _json(error.read(), admin)
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        text = getattr(reason, "strerror", None) or str(reason)
        raise Failure(
            f"nothing answers at {admin} ({text.lower()}); start the service with "
            "`otel-evaluator serve --config FILE`, or name its admin.endpoint with --admin"
        ) from None


def _base(admin: str) -> str:
    parts = urllib.parse.urlsplit(admin if "://" in admin else f"http://{admin}")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Failure(f"{admin!r} is not an address; write one, as in http://127.0.0.1:9464")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _json(body: bytes, admin: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Failure(
            f"what answers at {admin} is no otel-evaluator; name its admin.endpoint with --admin"
        ) from None


# Proxies of the environment are for the internet; a service next door is asked directly.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
