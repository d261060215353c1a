"""The network edge: OTLP over gRPC and HTTP, admission, and the answers senders get."""
