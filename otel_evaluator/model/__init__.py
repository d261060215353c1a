"""Plain values: frozen, without I/O, clock or configuration."""
