"""Options and hooks for all tests."""

pytest_plugins = ["tests.fault.report"]
