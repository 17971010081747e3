"""The Dagster UI on this machine only, with a small read-only server beside it for finished runs."""

import os
import signal
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from ossu_analysis.store import project_root
from pipelines.execute import prepare_home

LOOPBACK = "127.0.0.1"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal belongs to Dagster."""


def serve_runs(folder: Path, port: int) -> ThreadingHTTPServer:
    """Serve finished runs read-only on the loopback address, in a thread of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer((LOOPBACK, port), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def serve(port: int) -> int:
    """Run the Dagster UI until it is stopped; returns its exit code."""
    prepare_home()
    files = serve_runs(project_root() / "data" / "runs", port + 1)
    environment = os.environ | {"OSSU_FILES_URL": f"http://{LOOPBACK}:{port + 1}"}
    print(f"Dagster: http://{LOOPBACK}:{port}   Готови ходове: http://{LOOPBACK}:{port + 1}/latest/index.html")
    command = [sys.executable, "-m", "dagster", "dev", "-m", "pipelines.definitions", "-h", LOOPBACK, "-p", str(port)]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGINT)
        return process.wait()
    finally:
        files.shutdown()
