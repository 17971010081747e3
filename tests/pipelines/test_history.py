"""A run keeps the warnings of the tables that it rests on, whichever run evaluated them."""

import dagster as dg

from pipelines.history import check_results


@dg.asset
def table() -> None:
    """A table."""


@dg.asset_check(asset=table)
def moved() -> dg.AssetCheckResult:
    """A check that asks."""
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN, description="Проверете числото.")


def test_a_warning_of_an_earlier_run_is_kept():
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([table, moved], instance=instance)
        dg.materialize([table], instance=instance)
        (found,) = check_results(instance, moved.check_keys)
        assert (found.name, found.passed, found.blocking) == ("table: moved", False, False)
        assert found.message == "Проверете числото."
        never = dg.AssetCheckKey(dg.AssetKey(["other"]), "never")
        assert check_results(instance, [never]) == []
