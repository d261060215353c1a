"""The dialects, one file each, in the order in which they are asked.

The first dialect that matches a span names its kind; every further one that matches fills
what is still missing, so a span written in two vocabularies loses nothing.
"""

from otel_evaluator.decode.dialects.base import Dialect
from otel_evaluator.decode.dialects.openinference import OpenInference

DIALECTS: tuple[Dialect, ...] = (OpenInference(),)
"""In order of precedence."""
