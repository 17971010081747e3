"""How a table of the chain becomes a Dagster asset: key, group, description, columns and errors from one place.

``@table_asset("gap", "service_gap", reads={...})`` turns a function of tables into the asset ``gap/service_gap``; its
frame is written by `TableIO`. `table_spec` describes a table that a ``dagster.multi_asset`` writes by itself: one too
large for a frame, or several of one pass.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg

from ossu_analysis.errors import OssuError
from ossu_analysis.schemas import REGISTRY, table_class
from pipelines.pages import chart_beside, column_schema

OWNERS = ["team:социални-услуги"]


def asset_key(name: str) -> dg.AssetKey:
    """``"gap.service_gap"`` as an asset key."""
    return dg.AssetKey(name.split("."))


def speaking_errors(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Turn our own errors into failures that show the Bulgarian sentence and no traceback."""
    if inspect.isgeneratorfunction(compute):

        @functools.wraps(compute)
        def spoken_stream(*args: Any, **kwargs: Any) -> Any:
            with _as_failure():
                yield from compute(*args, **kwargs)

        return spoken_stream

    @functools.wraps(compute)
    def spoken(*args: Any, **kwargs: Any) -> Any:
        with _as_failure():
            return compute(*args, **kwargs)

    return spoken


@contextmanager
def _as_failure() -> Iterator[None]:
    try:
        yield
    except OssuError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


def _described(link: str, table: str, more: str) -> dict[str, Any]:
    table_class(link, table)
    comment = REGISTRY[link, table].comment
    return {
        "key": [link, table],
        "group_name": link,
        "description": "\n\n".join(filter(None, [f"{comment}. {more}".strip(), chart_beside(link, table)])),
        "owners": OWNERS,
        "metadata": {"dagster/column_schema": column_schema(link, table)},
    }


def table_asset(
    link: str,
    table: str,
    reads: Mapping[str, str] | None = None,
    deps: tuple[str, ...] = (),
    more: str = "",
    freshness: dg.FreshnessPolicy | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare an asset whose function returns the frame of a declared table.

    Parameters
    ----------
    link, table : str
        The table, declared in ``ossu_analysis/schemas/<link>.py``; its comment is the description.
    reads : mapping of str to str
        Argument of the function -> ``link.table`` that it receives as a frame.
    deps : tuple of str
        Tables that the function reads by itself through the store (large ones).
    more : str
        A sentence to add to the description.
    freshness : FreshnessPolicy, optional
        When the table counts as late.
    """

    def build(compute: Callable[..., Any]) -> dg.AssetsDefinition:
        ins = {name: dg.AssetIn(key=asset_key(source)) for name, source in (reads or {}).items()}
        return dg.asset(
            ins=ins,
            deps=[asset_key(name) for name in deps],
            kinds={"duckdb", "parquet"},
            freshness_policy=freshness,
            **_described(link, table, more),
        )(speaking_errors(compute))

    return build


def table_spec(link: str, table: str, deps: tuple[str, ...] = (), more: str = "") -> dg.AssetSpec:
    """The same description for a table that a `dagster.multi_asset` writes by itself."""
    return dg.AssetSpec(
        deps=[asset_key(name) for name in deps], kinds={"duckdb", "parquet"}, **_described(link, table, more)
    )
