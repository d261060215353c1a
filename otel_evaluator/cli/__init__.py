"""The command line: one file per command.

Exit codes: 0 done, 1 it did not work (the message says why), 2 the command was used wrongly.
"""

import os
import sys
import threading

# Read once, when gRPC is first imported: failed handshakes are the sender's news, not ours.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

from otel_evaluator.cli.app import app

__all__ = ["app", "main"]


def main() -> None:
    """One command as a process.

    It ends at once even while a thread waits for a sink that does not answer: what that thread
    would write is in the journal.
    """
    try:
        app(prog_name="otel-evaluator")
    except SystemExit as end:
        mine = threading.current_thread()
        if any(not each.daemon and each is not mine for each in threading.enumerate()):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise
