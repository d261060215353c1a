"""The network edge: OTLP over gRPC and HTTP, admission, and the answers senders get."""

import os

# gRPC prints a line for every failed TLS handshake, which strangers could make it do without
# end. It reads this once, when it is first imported.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
