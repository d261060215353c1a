"""``python -m otel_evaluator``."""

from otel_evaluator.cli import main

if __name__ == "__main__":
    main()
