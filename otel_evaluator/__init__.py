"""Online evaluation of GenAI traffic in an OpenTelemetry pipeline."""

__version__ = "0.1.0"
