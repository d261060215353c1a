"""``python -m otel_evaluator``."""

from otel_evaluator.cli import app

if __name__ == "__main__":
    app(prog_name="otel-evaluator")
