"""Options and hooks for all tests."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.fault.report", "tests.support.front"]

# Machines are shared: how long it takes to make an example says nothing about the code.
settings.register_profile("shared", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("shared")
