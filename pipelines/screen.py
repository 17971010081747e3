"""The Dagster UI on this machine only, with a small read-only server beside it for finished runs."""

import os
import re
import signal
import subprocess
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from ossu_analysis.errors import OssuError
from ossu_analysis.store import Store, project_root
from ossu_analysis.texts import text
from pipelines.execute import close_dead_runs, prepare_home, sole_writer
from pipelines.webserver import OWN_NAMES

LOOPBACK = "127.0.0.1"
SECONDS_TO_END = 20
CHART = re.compile(r"^/charts/(\w+)/(\w+)\.png(?:\?\d*)?$", re.ASCII)


class _Quiet(SimpleHTTPRequestHandler):
    """Finished runs, and under ``/charts`` the charts that stand beside the working tables."""

    def do_GET(self) -> None:
        """Answer only who asks for this machine by its own name."""
        if (self.headers.get("Host") or "").rpartition(":")[0] in OWN_NAMES:
            super().do_GET()
        else:
            self.send_error(HTTPStatus.FORBIDDEN)

    def do_HEAD(self) -> None:
        """Nothing asks for heads alone."""
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    def translate_path(self, path: str) -> str:
        """The file of a chart; anything else lies below the folder of runs."""
        chart = CHART.match(path)
        if chart is None:
            return super().translate_path(path)
        link, table = chart.groups()
        return str(Store(project_root()).path(link, table).with_suffix(".png"))

    def end_headers(self) -> None:
        """A chart is drawn again under the same name: ask before showing the former one."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal belongs to Dagster."""


def serve_runs(folder: Path, port: int) -> ThreadingHTTPServer:
    """Serve finished runs read-only on the loopback address, in a thread of its own.

    Raises
    ------
    OssuError
        ``pipelines.port_taken`` when something else listens there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), partial(_Quiet, directory=str(folder)))
    except OSError as taken:
        raise OssuError("pipelines.port_taken", port=port) from taken
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def serve(port: int) -> int:
    """Run the Dagster UI until it is stopped; returns its exit code."""
    prepare_home()
    files = serve_runs(project_root() / "data" / "runs", port + 1)
    close_interrupted_runs()
    environment = os.environ | {"OSSU_FILES_URL": f"http://{LOOPBACK}:{port + 1}"}
    print(
        text("pipelines.serving", dagster=f"http://{LOOPBACK}:{port}", runs=environment["OSSU_FILES_URL"]), flush=True
    )
    command = [sys.executable, "-m", "pipelines.webserver", "dev", "-m", "pipelines.definitions"]
    command += ["-h", LOOPBACK, "-p", str(port)]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return _stopped(process)
    finally:
        files.shutdown()


def _stopped(process: "subprocess.Popen[bytes]") -> int:
    """Ask Dagster and its children to end, and end them when they do not."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        return process.wait(timeout=SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def close_interrupted_runs() -> None:
    """Close runs whose process was killed: one that stays „started“ would keep every button waiting for ever."""
    import dagster as dg

    from pipelines.defs.automation import name_oblasts

    try:
        with sole_writer(), dg.DagsterInstance.get() as instance:
            close_dead_runs(instance)
            name_oblasts(instance, Store(project_root()))
    except OssuError:
        return  # a run is under way; it is alive, and what it left will be closed at the next start
