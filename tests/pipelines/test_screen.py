"""The small server beside Dagster: finished runs and charts, nothing else, to this machine only."""

import urllib.error
import urllib.request

import pytest

from ossu_analysis.errors import OssuError
from pipelines.screen import serve_runs


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Address of the server over a project with one run and one chart."""
    monkeypatch.setenv("OSSU_ROOT", str(tmp_path))
    for name, content in {
        "data/runs/one/index.html": "<p>ход</p>",
        "data/tables/gap/service_gap.png": "chart",
        "data/tables/gap/service_gap.parquet": "table",
        "data/secret.png": "secret",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    server = serve_runs(tmp_path / "data" / "runs", 0)
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def read(address: str) -> str:
    return urllib.request.urlopen(address, timeout=10).read().decode()


def test_runs_and_charts_are_served(served):
    assert read(f"{served}/one/index.html") == "<p>ход</p>"
    assert read(f"{served}/charts/gap/service_gap.png?1700000000") == "chart"


@pytest.mark.parametrize(
    "path",
    [
        "/charts/gap/service_gap.parquet",
        "/charts/gap/unknown.png",
        "/charts/../secret.png",
        "/charts/%2e%2e/secret.png",
        "/../tables/gap/service_gap.parquet",
    ],
)
def test_nothing_else_is(served, path):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        read(served + path)


def test_taken_port_is_said_in_a_sentence(served, tmp_path):
    port = int(served.rpartition(":")[2])
    with pytest.raises(OssuError, match=f"Порт {port} на тази машина е зает"):
        serve_runs(tmp_path, port)


def test_a_foreign_name_of_this_machine_is_refused(served):
    """A page elsewhere may point a name of its own at 127.0.0.1; the browser then sends that name."""
    asked = urllib.request.Request(f"{served}/one/index.html", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(asked, timeout=10)


def test_what_our_webserver_replaces_in_dagster_is_still_there():
    """Dagster has no setting for the names that it answers to; `pipelines.webserver` puts a guard before its pages."""
    from dagster._cli import dev
    from dagster_webserver.webserver import DagsterWebserver

    assert callable(dev.open_ipc_subprocess) and callable(DagsterWebserver.build_middleware)


@pytest.mark.parametrize("host, status", [("127.0.0.1:3000", 200), ("localhost:3000", 200), ("evil.example:3000", 400)])
def test_the_guard_lets_only_own_names_through(host, status):
    import asyncio

    from starlette.responses import PlainTextResponse

    from pipelines.webserver import guard

    answered = []

    async def send(message):
        answered.append(message.get("status"))

    asked = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode())]}
    asyncio.run(guard().cls(PlainTextResponse("ok"), **guard().kwargs)(asked, None, send))
    assert answered[0] == status
