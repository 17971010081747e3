"""Dagster's UI that answers only to its own host names, so that no page elsewhere can reach it by a name of its own.

``python -m pipelines.webserver dev …`` is ``dagster dev`` with this module in the place of Dagster's webserver, and
``python -m pipelines.webserver …`` is that webserver. Dagster has no setting for host names; what is replaced is
checked by a test.
"""

import sys
from typing import Any

OWN_NAMES = ("127.0.0.1", "localhost")


def guard() -> Any:
    """The middleware that refuses every other name."""
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    return Middleware(TrustedHostMiddleware, allowed_hosts=[*OWN_NAMES], www_redirect=False)


def serve_ui() -> None:
    """Run Dagster's webserver behind the guard."""
    from dagster_webserver.cli import main
    from dagster_webserver.webserver import DagsterWebserver

    former = DagsterWebserver.build_middleware

    def guarded(server: Any) -> list[Any]:
        return [guard(), *former(server)]

    DagsterWebserver.build_middleware = guarded  # type: ignore[method-assign,assignment]
    main()


def develop(arguments: list[str]) -> None:
    """Run ``dagster dev``, whose webserver is ours."""
    from dagster._cli import dev

    former = dev.open_ipc_subprocess

    def opened(parts: list[str], **more: Any) -> Any:
        return former(["pipelines.webserver" if part == "dagster_webserver" else part for part in parts], **more)

    dev.open_ipc_subprocess = opened  # type: ignore[assignment]
    dev.dev_command(arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["dev"]:
        develop(sys.argv[2:])
    else:
        serve_ui()
