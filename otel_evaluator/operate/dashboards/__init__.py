"""Grafana dashboards (classic model), built by code."""
