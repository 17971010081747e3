"""How our faults and rules become Dagster check results, with messages that say what to do."""

from collections.abc import Sequence

import dagster as dg
import pandas as pd

from ossu_analysis.errors import BLOCKING, Fault
from ossu_analysis.texts import number, text

SHOWN = 50
COLUMNS = ["файл", "ред", "колона", "намерено", "очаквано", "какво да направите"]


def fault_table(faults: Sequence[Fault]) -> dg.AssetCheckResult:
    """Blocking faults fail the check; the others are counted and listed."""
    blocking = [fault for fault in faults if fault.severity == BLOCKING]
    records = [dg.TableRecord(dict(zip(COLUMNS, _cells(fault), strict=True))) for fault in [*blocking, *faults][:SHOWN]]
    said = "\n".join(fault.sentence() for fault in blocking[:SHOWN])
    return dg.AssetCheckResult(
        passed=not blocking,
        severity=dg.AssetCheckSeverity.ERROR,
        description=said or text("pipelines.figures_sound", notices=number(len(faults))),
        metadata={"n_bad": len(blocking), "n_notice": len(faults) - len(blocking), "редове": _table(records, COLUMNS)},
    )


def rule(bad: pd.DataFrame, said: str, blocking: bool = True) -> dg.AssetCheckResult:
    """Pass when no row breaks the rule; otherwise show the rows under the sentence ``said``.

    Parameters
    ----------
    bad : DataFrame
        Rows that break the rule.
    said : str
        Text key with a ``{count}``; what is wrong and what to do.
    blocking : bool
        Whether what follows must wait (meaning) or only be warned (surprise).
    """
    names = [str(name) for name in bad.columns]
    records = [dg.TableRecord({name: str(row[name]) for name in names}) for row in bad.head(SHOWN).to_dict("records")]
    severity = dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=bad.empty,
        severity=severity,
        description=text("pipelines.rule_holds") if bad.empty else text(said, count=number(len(bad))),
        metadata={"n_bad": len(bad), "редове": _table(records, names)},
    )


def _cells(fault: Fault) -> list[str]:
    todo = text(f"{fault.code}.todo")
    return [fault.file, str(fault.row or ""), fault.column, fault.found, fault.expected, f"{text(fault.code)} {todo}"]


def _table(records: list[dg.TableRecord], names: list[str]) -> dg.MetadataValue:
    schema = dg.TableSchema(columns=[dg.TableColumn(name) for name in names])
    return dg.MetadataValue.table(records=records, schema=schema)
