"""Panels of Grafana's classic dashboards as plain dictionaries."""

from collections.abc import Sequence
from typing import Any

Panel = dict[str, Any]
PROMETHEUS = {"type": "prometheus", "uid": "${prometheus}"}
CLICKHOUSE = {"type": "grafana-clickhouse-datasource", "uid": "${clickhouse}"}
COLUMNS = 24
HEIGHT = 8
SCHEMA_VERSION = 39
"""Of the classic model; later Grafana versions migrate it when they load it."""


def graph(
    title: str,
    *queries: tuple[str, str],
    unit: str = "short",
    description: str = "",
    width: int = 12,
    bounds: tuple[float | None, float | None] = (None, None),
) -> Panel:
    """Lines over time; ``queries`` are PromQL and legend.

    A query whose legend ends with `` low`` or `` high`` is an end of a band.
    """
    overrides = [
        {
            "matcher": {"id": "byRegexp", "options": f".* {end}$"},
            "properties": [
                {"id": "custom.lineWidth", "value": 0},
                {"id": "custom.fillOpacity", "value": 0},
                {
                    "id": "custom.hideFrom",
                    "value": {"legend": True, "tooltip": False, "viz": False},
                },
            ],
        }
        for end in ("low", "high")
    ]
    low, high = bounds
    defaults: dict[str, Any] = {"unit": unit, "custom": {"spanNulls": True, "fillOpacity": 5}}
    if low is not None:
        defaults["min"] = low
    if high is not None:
        defaults["max"] = high
    return {
        "type": "timeseries",
        "title": title,
        "description": description,
        "datasource": PROMETHEUS,
        "targets": _targets(queries),
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "gridPos": {"w": width, "h": HEIGHT},
    }


def number(title: str, query: str, unit: str = "short", width: int = 4) -> Panel:
    """One number."""
    return {
        "type": "stat",
        "title": title,
        "datasource": PROMETHEUS,
        "targets": _targets([(query, "")]),
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "options": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "none"},
        "gridPos": {"w": width, "h": 4},
    }


def heatmap(title: str, query: str, description: str = "", width: int = 12) -> Panel:
    """The buckets of a histogram over time."""
    return {
        "type": "heatmap",
        "title": title,
        "description": description,
        "datasource": PROMETHEUS,
        "targets": [{**_targets([(query, "{{le}}")])[0], "format": "heatmap"}],
        "options": {"calculate": False, "yAxis": {"unit": "short"}},
        "gridPos": {"w": width, "h": HEIGHT},
    }


def table(title: str, sql: str, description: str = "", links: Sequence[Any] = ()) -> Panel:
    """Rows of a ClickHouse query."""
    overrides = [
        {
            "matcher": {"id": "byName", "options": column},
            "properties": [{"id": "links", "value": [link]}],
        }
        for column, link in links
    ]
    return {
        "type": "table",
        "title": title,
        "description": description,
        "datasource": CLICKHOUSE,
        "targets": [
            {
                "refId": "A",
                "datasource": CLICKHOUSE,
                "editorType": "sql",
                "rawSql": sql,
                "format": 1,
                "queryType": "table",
            }
        ],
        "fieldConfig": {"defaults": {}, "overrides": overrides},
        "options": {"showHeader": True},
        "gridPos": {"w": COLUMNS, "h": 10},
    }


def _targets(queries: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "refId": chr(ord("A") + index),
            "datasource": PROMETHEUS,
            "expr": expression,
            "legendFormat": legend or "__auto",
        }
        for index, (expression, legend) in enumerate(queries)
    ]


def dashboard(
    uid: str, title: str, description: str, panels: Sequence[Panel], *variables: dict[str, Any]
) -> dict[str, Any]:
    """A dashboard; panels are laid out in rows from left to right."""
    x = y = tallest = 0
    placed = []
    for number_, panel in enumerate(panels, 1):
        w, h = panel["gridPos"]["w"], panel["gridPos"]["h"]
        if x + w > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        placed.append(panel | {"id": number_, "gridPos": {"x": x, "y": y, "w": w, "h": h}})
        x, tallest = x + w, max(tallest, h)
    return {
        "id": None,
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["otel-evaluator"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "",
        "annotations": {"list": []},
        "links": [
            {
                "type": "dashboards",
                "tags": ["otel-evaluator"],
                "title": "otel-evaluator",
                "asDropdown": True,
                "keepTime": True,
                "includeVars": True,
            }
        ],
        "templating": {"list": list(variables)},
        "panels": placed,
    }


def source(name: str, kind: str) -> dict[str, Any]:
    """A variable that chooses a data source."""
    return {"type": "datasource", "name": name, "label": name.capitalize(), "query": kind}


def choice(name: str, metric: str, label: str) -> dict[str, Any]:
    """A variable with the values of a label."""
    query = f"label_values({metric}, {label})"
    return {
        "type": "query",
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "datasource": PROMETHEUS,
        "query": {"query": query, "refId": "A"},
        "definition": query,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
