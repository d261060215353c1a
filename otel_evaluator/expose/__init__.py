"""How operators see the service: metrics, health, a small read API, feedback, logs."""
