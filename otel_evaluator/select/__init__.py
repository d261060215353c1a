"""Splits a request through the wire view and keeps what could be evaluated."""
