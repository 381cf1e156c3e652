"""The reading process: takes files, gives back documents, and may be killed at any time.

Readers of foreign formats run here and nowhere else. The process reaches no network, starts no
program but Tesseract, and takes no more memory than it is given; whatever a file does to it, the
run that waits for it goes on.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import struct
import sys
from dataclasses import dataclass, replace
from typing import BinaryIO

from ingest.limits import Limits
from ingest.reading import Failed, Request, Splitting, read_file
from ingest.tokens import TokenCounter

_LENGTH = struct.Struct(">Q")
_REFUSED = frozenset(
    {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
    | {"os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn", "webbrowser.open"}
)
_PROGRAMS = frozenset({"tesseract"})


@dataclass(frozen=True, slots=True)
class Setup:
    """What a reading process is told once, before its first file."""

    tokenizer: str
    window: int
    splitting: Splitting
    limits: Limits


class Alive:
    """A sign that a file is still being read."""


def send(stream: BinaryIO, value: object) -> None:
    """Write one value to a stream."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: BinaryIO) -> object:
    """Read one value from a stream.

    Raises:
        EOFError: The other side is gone.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError("the stream has ended")
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError("the stream has ended within a value")
    return pickle.loads(data)


def main() -> None:
    """Read files until the other side closes the stream."""
    # The stream keeps its own descriptors: what a reader prints must not get into it.
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    setup = receive(incoming)
    assert isinstance(setup, Setup)
    tokenizer = TokenCounter.from_json(setup.tokenizer, setup.window)
    limits = replace(setup.limits, tick=lambda: send(outgoing, Alive()))
    _confine(limits)
    send(outgoing, Alive())
    while True:
        try:
            request = receive(incoming)
        except EOFError:
            return
        assert isinstance(request, Request)
        try:
            for message in read_file(request, tokenizer, setup.splitting, limits):
                send(outgoing, message)
        except MemoryError:
            send(outgoing, Failed("The file takes more memory to read than it may. Divide it."))


def _confine(limits: Limits) -> None:
    """Bound the memory, and refuse what no reader needs: connections and other programs."""
    try:
        import resource
    except ImportError:  # not on this system
        pass
    else:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.platform == "linux":  # macOS takes the call and does not keep to it
            _die_with_parent()
            resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    sys.addaudithook(_refuse)


def _die_with_parent() -> None:
    """Ask the kernel to end this process when the run ends, were it by kill -9."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1: PR_SET_PDEATHSIG


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in _REFUSED:
        raise PermissionError(f"{event} is refused while documents are read")
    if event == "subprocess.Popen" and os.path.basename(str(arguments[0])) not in _PROGRAMS:
        raise PermissionError(f"{arguments[0]!r} is not started while documents are read")
