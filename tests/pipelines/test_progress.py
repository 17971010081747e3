"""Progress on the terminal: a finished link is ticked, a failed one is named, times read as in Bulgarian."""

import re
from types import SimpleNamespace

from pipelines.progress import Progress


def events(*pairs: tuple[str, str]):
    return [SimpleNamespace(event_type_value=kind, step_key=step) for kind, step in pairs]


def test_links_are_ticked_or_crossed(capsys):
    with Progress() as progress:
        progress.plan(["reference__oblast", "gap__comparison", "gap__checks", "report__document", "report__checks"])
        for event in events(
            ("STEP_START", "reference__oblast"),
            ("STEP_SUCCESS", "reference__oblast"),
            ("STEP_START", "gap__comparison"),
            ("STEP_FAILURE", "gap__comparison"),
            ("STEP_START", "report__document"),
            ("STEP_SUCCESS", "report__document"),
            ("STEP_START", "report__checks"),
            ("STEP_SUCCESS", "report__checks"),
        ):
            progress.on_event(event)
    said = capsys.readouterr().out
    assert re.search(r"✓ номенклатури \(\d+,\d с\)", said)
    assert re.search(r"✗ недостиг: comparison \(\d+,\d с\)", said)
    assert re.search(r"✓ документи \(\d+,\d с\)", said)
    assert said.count("документи") == 1 and said.count("недостиг") == 1
    assert "Общо време" in said
