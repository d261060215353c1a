"""The command line: one file per command.

Exit codes: 0 done, 1 it did not work (the message says why), 2 the command was used wrongly.
"""

import os

# Read once, when gRPC is first imported: failed handshakes are the sender's news, not ours.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

from otel_evaluator.cli.app import app

__all__ = ["app"]
