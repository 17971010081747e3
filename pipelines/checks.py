"""How our faults and expectations become Dagster checks, with messages that say what to do.

`link_checks` makes one step per link of the functions in ``ossu_analysis/<link>/expectations.py``: each returns the
rows that fail. What a check means and what to do stand in the texts under ``pipelines.check.<name of the function>``.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import dagster as dg
import pandas as pd

from ossu_analysis.errors import BLOCKING, Fault, told
from ossu_analysis.texts import heading, number, text
from pipelines.assets import as_failure
from pipelines.pages import printed
from pipelines.resources import Workspace

SHOWN = 50
COLUMNS = ["file", "row", "column", "found", "expected", "todo"]
Names = Mapping[str, Sequence[str]]


def link_checks(link: str, must: Names, asks: Names) -> dg.AssetChecksDefinition:
    """Checks of one link, evaluated in one step.

    Parameters
    ----------
    link : str
        Its functions are in ``ossu_analysis.<link>.expectations``.
    must : mapping of str to sequence of str
        Table -> expectations of meaning: rows that fail stop what follows.
    asks : mapping of str to sequence of str
        Table -> expectations of what is usual: rows that fail are shown, and the run goes on.
    """
    wanted = [(table, name, True) for table, names in must.items() for name in names]
    wanted += [(table, name, False) for table, names in asks.items() for name in names]
    specs = [
        dg.AssetCheckSpec(
            f"{table}__{name}", asset=[link, table], blocking=blocking, description=text(f"pipelines.check.{name}")
        )
        for table, name, blocking in wanted
    ]

    @dg.multi_asset_check(name=f"{link}__checks", specs=specs, can_subset=True)
    def evaluate(context: dg.AssetCheckExecutionContext, workspace: Workspace) -> Iterator[dg.AssetCheckResult]:
        expectations = import_module(f"ossu_analysis.{link}.expectations")
        for table, name, blocking in wanted:
            key = dg.AssetCheckKey(dg.AssetKey([link, table]), f"{table}__{name}")
            if key in context.selected_asset_check_keys:
                with as_failure():
                    bad = getattr(expectations, name)(workspace.store)
                yield rule(key, bad, f"pipelines.check.{name}.said", blocking)

    return evaluate


def rule(key: dg.AssetCheckKey, bad: pd.DataFrame, said: str, blocking: bool) -> dg.AssetCheckResult:
    """Pass when no row fails; otherwise show the rows under the sentence ``said``, which tells what to do.

    Parameters
    ----------
    key : AssetCheckKey
        Which check of which asset.
    bad : DataFrame
        Rows that fail; every column has a heading in the texts.
    said : str
        Text key with a ``{count}``.
    blocking : bool
        Whether what follows must wait (meaning) or people are only asked (surprise).
    """
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=bad.empty,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        description=text("pipelines.rule_holds") if bad.empty else text(said, count=number(len(bad))),
        metadata={"n_bad": len(bad)} | ({} if bad.empty else {text("pipelines.rows"): _rows(bad)}),
    )


def fault_table(faults: Sequence[Fault]) -> dg.AssetCheckResult:
    """Blocking faults fail the check; the others are counted and listed."""
    blocking = [fault for fault in faults if fault.severity == BLOCKING]
    others = [fault for fault in faults if fault.severity != BLOCKING]
    shown = pd.DataFrame([_cells(fault) for fault in [*blocking, *others][:SHOWN]], columns=COLUMNS)
    said = "\n".join(told(blocking))
    rows: dict[str, Any] = {text("pipelines.rows"): _rows(shown)} if faults else {}
    return dg.AssetCheckResult(
        passed=not blocking,
        severity=dg.AssetCheckSeverity.ERROR,
        description=said or text("pipelines.figures_sound", notices=number(len(others))),
        metadata={"n_bad": len(blocking), "n_notice": len(others)} | rows,
    )


def _cells(fault: Fault) -> list[str]:
    todo = text(f"{fault.code}.todo")
    return [fault.file, str(fault.row or ""), fault.column, fault.found, fault.expected, f"{text(fault.code)} {todo}"]


def _rows(bad: pd.DataFrame) -> dg.MetadataValue:
    names = [heading(name) for name in bad.columns]
    records = [
        dg.TableRecord({name: printed(value) for name, value in zip(names, row, strict=True)})
        for row in bad.head(SHOWN).itertuples(index=False)
    ]
    schema = dg.TableSchema(columns=[dg.TableColumn(name) for name in names])
    return dg.MetadataValue.table(records=records, schema=schema)
