"""Serve a GGUF file with llama.cpp's own server until standard input ends; prints its address."""

from __future__ import annotations

import sys

import xllamacpp


def main(path: str) -> None:
    """Serve one model, computed in float32 throughout, on a free port of this machine."""
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {"twin"}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 2048
    params.n_parallel = 4
    params.cpuparams.n_threads = 1
    params.warmup = False
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
