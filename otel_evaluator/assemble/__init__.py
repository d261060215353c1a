"""Spans and log records → traces → conversations, closed on evidence or on a cap."""
