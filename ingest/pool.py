"""Reading processes: files go in, documents come out, and no file takes the run down."""

from __future__ import annotations

import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, BinaryIO

from ingest.errors import LibraryError
from ingest.limits import Limits
from ingest.reading import Done, Failed, Message, Request, Splitting
from ingest.settings import ROOT
from ingest.tokens import TokenCounter
from ingest.worker import Alive, Setup, receive, send

_WAITING = 64  # messages read ahead; enough to keep an embedder busy
_FILES_A_PROCESS = 8
_STARTUP_S = 60.0
_WATCH_S = 0.25
_DYING_S = 2.0
_SECRETS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "AUTH")


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


class ReaderPool:
    """Reads files in processes of their own, a few at a time.

    A file that crashes its process, or keeps it busy without a sign of progress for longer than
    the limits allow, has failed with that reason; its process is started anew for the next file.
    """

    def __init__(self, tokens: TokenCounter, splitting: Splitting, limits: Limits) -> None:
        """Prepare; nothing is started before the first file."""
        self._setup = Setup(tokens.to_json(), tokens.window, splitting, limits)
        self._results: queue.Queue[tuple[Request, Message] | _End] = queue.Queue(_WAITING)
        self._closing = threading.Event()
        self._next = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._processes: list[_Process] = []
        self._watch: threading.Thread | None = None

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Message]]:
        """Read files; messages of one file come in order, those of several files mixed.

        Every file's last message is `Done` or `Failed`.
        """
        waiting = list(requests)
        if not waiting:
            return
        count = max(1, min(os.cpu_count() or 1, 4, -(-len(waiting) // _FILES_A_PROCESS)))
        source = iter(waiting)
        for _ in range(count):
            process = _Process(self._setup)
            self._processes.append(process)
            thread = threading.Thread(
                target=self._work, args=(process, source), name="footnote-reader", daemon=True
            )
            self._threads.append(thread)
            thread.start()
        self._watch = threading.Thread(target=self._watching, name="footnote-watch", daemon=True)
        self._watch.start()
        for _ in range(count):
            while not isinstance(found := self._results.get(), _End):
                yield found
            if found.error is not None:
                raise found.error

    def close(self) -> None:
        """End the processes, whatever they are reading."""
        self._closing.set()
        for process in self._processes:
            process.kill()
        for thread in self._threads:
            while thread.is_alive():
                with suppress(queue.Empty):  # a thread may wait for room
                    self._results.get(timeout=0.05)
        self._threads.clear()
        if self._watch is not None:
            self._watch.join()

    def _watching(self) -> None:
        while not self._closing.wait(_WATCH_S):
            for process in self._processes:
                process.end_if_late()

    def _work(self, process: _Process, source: Iterator[Request]) -> None:
        end = _End()
        try:
            while not self._closing.is_set():
                with self._next:
                    request = next(source, None)
                if request is None:
                    break
                for message in process.read(request):
                    self._results.put((request, message))
        except BaseException as exc:
            end = _End(exc)
        finally:
            process.kill()
            self._results.put(end)


class _Process:
    """One reading process, started when it is needed."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._killed = False
        self._deadline = math.inf
        self._late = False

    def read(self, request: Request) -> Iterator[Message]:
        """Yield a file's messages; the last one is `Done` or `Failed`, also after a crash.

        Raises:
            LibraryError: The process cannot be started at all.
        """
        child = self._started()
        try:
            send(_stream(child.stdin), request)
            while True:
                message = self._receive(child, self._setup.limits.seconds)
                if isinstance(message, Alive):
                    continue
                yield message  # type: ignore[misc]
                if isinstance(message, Done | Failed):
                    return
        except (EOFError, OSError):
            yield Failed(self._post_mortem(child))

    def end_if_late(self) -> None:
        """End the process if it has been silent for too long."""
        if time.monotonic() > self._deadline:
            self._late = True
            self._end()

    def kill(self) -> None:
        """End the process at once; it is not started again."""
        with self._lock:
            self._killed = True
        self._end()
        child = self._child
        if child is not None:
            _reap(child)

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._killed:
                raise LibraryError("The reading of documents was stopped.")
            if self._child is not None:
                return self._child
            self._late = False
            child = self._child = subprocess.Popen(
                [sys.executable, "-c", "from ingest.worker import main; main()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,  # Ctrl-C goes to the run, which ends its processes itself
            )
        try:
            send(_stream(child.stdin), self._setup)
            self._receive(child, _STARTUP_S)
        except (EOFError, OSError) as exc:
            self._post_mortem(child)
            if self._killed:
                raise LibraryError("The reading of documents was stopped.") from exc
            raise LibraryError(
                f"The process that reads documents cannot be started ({exc}). Run `make setup` "
                "again, and check that memory is free."
            ) from exc
        return child

    def _receive(self, child: subprocess.Popen[bytes], seconds: float) -> object:
        """Wait for a message, but no longer than the process may be silent."""
        self._deadline = time.monotonic() + seconds
        try:
            return receive(_stream(child.stdout))
        finally:
            self._deadline = math.inf

    def _end(self) -> None:
        child = self._child
        if child is None or child.poll() is not None:
            return
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(child.pid, signal.SIGKILL)  # and a text recognition that it started
            else:
                child.kill()

    def _post_mortem(self, child: subprocess.Popen[bytes]) -> str:
        """Clear a dead or dying process away and say what it died of."""
        with suppress(subprocess.TimeoutExpired):
            child.wait(_DYING_S)  # its own status says more than that of being killed
        self._end()
        self._child = None
        status = _reap(child)
        if self._late:
            return (
                f"Reading the file took longer than {self._setup.limits.seconds:.0f} s without "
                "progress and was stopped. Divide it, or raise FOOTNOTE_FILE_TIMEOUT_S."
            )
        return (
            f"The file's reader crashed (status {status}). The file is damaged, or takes more "
            "memory than it may. Save it again from the program that made it, or divide it."
        )


def _stream(pipe: IO[bytes] | None) -> BinaryIO:
    assert pipe is not None
    return pipe  # type: ignore[return-value]


def _reap(child: subprocess.Popen[bytes]) -> int:
    for pipe in (child.stdin, child.stdout):
        with suppress(OSError):
            _stream(pipe).close()
    return child.wait()


def _environment() -> dict[str, str]:
    """Return the environment of a reading process: the project's code first, no secrets."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not any(sign in name.upper() for sign in _SECRETS)
    }
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    # One process reads one file; threads of its libraries would only stand in each other's way.
    return kept | {"TOKENIZERS_PARALLELISM": "false", "OMP_THREAD_LIMIT": "1"}
