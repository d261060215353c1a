"""Protobuf bytes of GenAI telemetry in, vendor-free subjects out."""
