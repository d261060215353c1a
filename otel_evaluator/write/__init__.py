"""Verdicts → somewhere: ClickHouse and OTLP, in batches that survive a retry."""
