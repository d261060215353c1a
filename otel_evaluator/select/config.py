"""What users set about selection."""

from otel_evaluator.config.base import ComponentConfig


class SelectConfig(ComponentConfig):
    """Which spans count as GenAI spans."""

    extended_markers: bool = False
    """Also look for emitters beyond the usual dialects (Laminar, Mastra, Genkit, LangWatch,
    vector stores …) and for remnants of spans that lost attributes; costs about a tenth of
    the receive path."""
