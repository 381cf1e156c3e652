"""The default path needs no network: a process that may only reach loopback does the whole job."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.settings import ROOT

# Runs the real command with an audit hook under it; a look-up or a connection beyond loopback
# is written down and refused.
GUARDED = """
import ipaddress, runpy, sys
log = open(sys.argv[1], "a")
def local(host):
    if host in (None, "", "localhost") or isinstance(host, bytes) and host in (b"", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False
def hook(event, args):
    host = None
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        if not isinstance(address, tuple):
            return
        host = address[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if not local(host):
        log.write(f"{event} {args!r}\\n"); log.flush()
        raise OSError(f"no network in this test: {event} {host!r}")
sys.addaudithook(hook)
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def guarded(log: Path, storage: Path, script: Path, *arguments: str) -> int:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FOOTNOTE_", "HF_"))}
    environment["FOOTNOTE_STORAGE"] = str(storage)
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-c", GUARDED, str(log), str(script), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "attempts.log"
    path.touch()
    return path


@pytest.mark.slow
def test_ingest_and_ask_reach_nothing_beyond_loopback(tmp_path: Path, log: Path) -> None:
    footnote = ROOT / "footnote.py"
    storage = tmp_path / "storage"
    assert guarded(log, storage, footnote, "ingest") == 0
    assert guarded(log, storage, footnote, "ask", "--json", "Who led CICIG?") == 0
    assert guarded(log, storage, footnote, "doctor") == 0
    assert log.read_text() == ""


def test_the_page_is_built_without_reaching_beyond_loopback(tmp_path: Path, log: Path) -> None:
    script = tmp_path / "build_page.py"
    script.write_text(
        "from app.engine import FootnoteQueryEngine\n"
        "from app.server import create_app\n"
        "from app.settings import AppSettings\n"
        "settings = AppSettings.load()\n"
        "create_app(FootnoteQueryEngine(settings), settings)\n"
    )
    assert guarded(log, tmp_path / "storage", script) == 0
    assert log.read_text() == ""


def test_the_guard_catches_an_outside_connection(tmp_path: Path, log: Path) -> None:
    script = tmp_path / "call_out.py"
    script.write_text("import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)\n")
    assert guarded(log, tmp_path / "storage", script) != 0
    assert "192.0.2.1" in log.read_text()
