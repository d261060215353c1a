"""OTLP bytes: the wire view and the walks over it that need no decoding."""
