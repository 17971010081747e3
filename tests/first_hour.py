"""The first hour of a newcomer: a fresh clone, no uv in the PATH, and README's commands in order.

``python tests/first_hour.py`` needs Python and git alone; prints each command with its exit code and seconds. With
``--short`` the chain runs with few draws and years, and the tests are those of a few seconds. Servers (``make ui``,
``make notebook``) are started, asked for a page, and stopped.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHORT = {"make run": "./ossu run --draws 200 --until 2026", "make test": ".venv/bin/pytest -n 2 tests/unit/tabular"}
"""What stands for the two long commands; what they set up is set up before by ``make setup``."""
AFTER = (
    "./ossu check",
    "./ossu runs",
    "./ossu trace proposal SML02 --service ASSIST",
    "./ossu options SML --budget 4000000",
    "./ossu documents --oblast Разград",
    "./ossu template Чепеларе --year 2025",
    "./ossu approve latest",
)
SERVERS = {"make ui": "http://127.0.0.1:3000/", "make notebook": "http://127.0.0.1:8888/"}


def bare_path(folder: Path) -> str:
    """A PATH with Python, git, make and the tools of every system, and without uv."""
    tools = folder / "bin"
    tools.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for file in Path(place).iterdir() if Path(place).is_dir() else ():
            if not re.match("uvx?$", file.name) and not (tools / file.name).exists():
                (tools / file.name).symlink_to(file)
    return str(tools)


def ran(words: str, place: Path, environment: dict[str, str]) -> tuple[int, float, str]:
    """Exit code, seconds and words of a command."""
    began = time.monotonic()
    done = subprocess.run(words, shell=True, cwd=place, env=environment, capture_output=True, text=True)
    return done.returncode, time.monotonic() - began, done.stdout + done.stderr


def served(words: str, address: str, place: Path, environment: dict[str, str]) -> tuple[int, float, str]:
    """Start a server, wait for its page, stop it; 0 when the page came."""
    began, code = time.monotonic(), 1
    log = place / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            words, shell=True, cwd=place, env=environment, stdout=said, stderr=said, start_new_session=True
        )
        while code and process.poll() is None and time.monotonic() - began < 300:
            try:
                urllib.request.urlopen(address, timeout=5)
                code = 0
            except urllib.error.HTTPError:
                code = 0  # it answers, if only to ask for a token
            except OSError:
                time.sleep(1)
        took = time.monotonic() - began
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)  # the server ends its own children first
            time.sleep(30)
    return code, took, log.read_text(encoding="utf-8", errors="replace")


def main() -> None:
    """Clone, run, print; exits with 1 when a command does not exit with 0 or shows a traceback."""
    chosen = argparse.ArgumentParser()
    chosen.add_argument("--short", action="store_true")
    chosen.add_argument("--only", nargs="+", metavar="COMMAND", help="these commands instead of README's")
    asked, bad = chosen.parse_args(), 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made)
        own = ("VIRTUAL_ENV", "OSSU_", "DAGSTER_", "PYTHON")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        environment |= {"PATH": bare_path(folder), "JUPYTER_CONFIG_DIR": str(folder), "BROWSER": "true"}
        assert shutil.which("uv", path=environment["PATH"]) is None
        place = folder / "ossu_analysis"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(place)], check=True)
        block = re.search(r"## Two commands.*?```sh\n(.*?)```", (place / "README.md").read_text(encoding="utf-8"), re.S)
        assert block
        first = [line.partition("#")[0].strip() for line in block[1].splitlines()]
        commands = ["make setup", *(SHORT[words] if asked.short else words for words in first), *AFTER]
        print("| command | exit | s |\n|---|---|---|", flush=True)
        for words in asked.only or [*commands, *SERVERS, "./ossu check"]:
            run = (words, SERVERS[words]) if words in SERVERS else (words,)
            code, took, said = (served if len(run) > 1 else ran)(*run, place, environment)
            wrong = bool(code) or "Traceback (most recent call last)" in said or "command not found" in said
            bad += wrong
            print(f"| `{words}` | {code} | {took:.0f} |", flush=True)
            if wrong:
                print("\n".join(said.splitlines()[-15:]), file=sys.stderr, flush=True)
        latest = place / "data" / "runs" / "latest" / "index.html"
        print(f"`data/runs/latest/index.html`: {'there' if latest.exists() else 'MISSING'}")
        bad += not latest.exists() and not asked.only
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
