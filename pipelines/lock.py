"""The one lock under which tables are written and runs published; it goes with its holder, however that ends."""

from typing import Any

from ossu_analysis.store import LOCK, project_root


def run_lock() -> Any:
    """The lock of the project's folder, not yet held; one object per process, so a run may take it again."""
    import filelock

    path = project_root() / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    return filelock.FileLock(path, timeout=0, is_singleton=True, thread_local=False)
