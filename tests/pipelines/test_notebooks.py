"""The notebooks run from top to bottom on a finished run, and are kept without outputs."""

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_kept_without_outputs(file):
    cells = nbformat.read(file, as_version=4).cells
    assert not any(cell.get("outputs") for cell in cells)


@pytest.mark.slow
@pytest.mark.xdist_group("chain")
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_runs(file, finished, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("OSSU_RUN", str(finished))
    notebook = nbformat.read(file, as_version=4)
    beside = {"metadata": {"path": str(file.parent)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=beside).execute()
