"""Loaded by test_pool.py's reading processes: a text file tells its loader how to misbehave."""

import os
import sys

import ingest.loaders.plain as plain

_well_behaved = plain.load


def load(data, limits):
    match data.split(b"\n")[0]:
        case b"HANG":
            while True:
                pass
        case b"SLOW BUT ALIVE":
            import time

            for _ in range(8):
                time.sleep(0.25)
                limits.tick()
        case b"CRASH":
            os.abort()
        case b"LEAVE":
            os._exit(0)
        case b"EAT":
            hoard = []
            while True:
                hoard.append(bytearray(256 * 1024 * 1024))
        case b"RECURSE":

            def deeper():
                return deeper() + 1

            deeper()
        case b"CONNECT":
            import socket

            socket.socket().connect(("127.0.0.1", 9))
        case b"LOOK UP":
            import socket

            socket.getaddrinfo("localhost", 80)
        case b"RUN":
            import subprocess

            subprocess.run(["true"], check=True)
        case b"PRINT":
            print("x" * 100_000, flush=True)
            sys.stderr.write("y" * 100_000)
            os.write(1, b"z" * 100_000)
    return _well_behaved(data, limits)


plain.load = load
