"""The inbox starts a run whenever its contents differ, also when a return leaves or comes back, and never twice."""

import dagster as dg
import pytest

from pipelines.defs.automation import returns_changed


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    """An empty inbox."""
    monkeypatch.setenv("OSSU_ROOT", str(tmp_path))
    folder = tmp_path / "data" / "inbox"
    folder.mkdir(parents=True)
    return folder


def tick(cursor):
    """One look at the folder: the key of the run that it asks for, and the cursor kept."""
    context = dg.build_sensor_context(cursor=cursor)
    answer = returns_changed(context)
    return (answer.run_key if isinstance(answer, dg.RunRequest) else None), context.cursor


def test_every_change_asks_for_one_run_with_a_key_of_its_own(inbox):
    key, cursor = tick(None)
    assert key is None, "an empty folder is no change"
    keys = []
    for change in ("arrives", "is touched", "is corrected", "is withdrawn", "comes back"):
        file = inbox / "SML02.csv"
        if change == "is withdrawn":
            file.unlink()
        else:
            file.write_text("60" if change != "is corrected" else "64", encoding="utf-8")
        key, cursor = tick(cursor)
        assert (key is None) == (change == "is touched"), change
        keys += [key] if key else []
        assert tick(cursor)[0] is None, f"{change}: a second look is no second change"
    assert len(set(keys)) == 4


def test_what_an_office_program_keeps_beside_an_open_file_is_no_return(inbox):
    (inbox / "~$SML02.xlsx").write_bytes(b"x")
    (inbox / ".~lock.SML02.xlsx#").write_bytes(b"x")
    assert tick(None)[0] is None
