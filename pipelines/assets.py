"""How a function of tables becomes Dagster assets: keys, descriptions, versions, errors and writing, in one place.

``@table_asset("gap", "service_gap", "oblast_gap", reads={...})`` turns a function that receives frames and returns
frames into the assets ``gap/service_gap`` and ``gap/oblast_gap``; one table is an ordinary asset, several are one
``dagster.multi_asset`` of which any part can be asked for. What a table was made from is recorded beside it, so a
table that would come out the same is not computed again.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg

from ossu_analysis import lineage
from ossu_analysis.config import RunSettings
from ossu_analysis.errors import OssuError, place_fault
from ossu_analysis.schemas import REGISTRY, table_class
from ossu_analysis.store import Store
from ossu_analysis.texts import text
from pipelines.code_version import code_version
from pipelines.execute import UNCHANGED
from pipelines.pages import column_schema, failing_rows, table_page
from pipelines.resources import Models, short_run_id

OWNERS = [text("pipelines.owner")]
MAIN = ("base_year", "until_year", "draws", "seed", "scenario")
"""Settings that decide what is drawn."""
FOLLOWS_ITS_INPUTS: dg.AutomationCondition[Any] = (
    (
        dg.AutomationCondition.any_deps_match(
            dg.AutomationCondition.data_version_changed() | dg.AutomationCondition.will_be_requested()
        )
        | dg.AutomationCondition.code_version_changed()  # type: ignore[misc]
    ).since_last_handled()
    & ~dg.AutomationCondition.any_deps_missing()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("follows_its_inputs")
"""Computed again when the content of an input or the code has changed, not merely because an input was refreshed."""


@dataclass(frozen=True)
class Step:
    """What the function of an asset may use besides the tables that it reads.

    Attributes
    ----------
    store : Store
        The project's tables; those that are older than their inputs count as not made.
    settings : RunSettings
    tables : tuple of str
        Which of its tables are wanted.
    recipe : Recipe
        What they are made from.
    run_id : str
        Short id of the run.
    models : Models
        What the tables of one run share.
    config : mapping
        Choices of the launchpad for this asset.
    context : AssetExecutionContext
        Dagster's own view: log, instance.
    """

    store: Store
    settings: RunSettings
    tables: tuple[str, ...]
    recipe: lineage.Recipe
    run_id: str
    models: Models
    config: Mapping[str, Any]
    context: dg.AssetExecutionContext


@dataclass(frozen=True)
class Declared:
    """One or several tables made by one function, and everything that may enter them."""

    link: str
    tables: tuple[str, ...]
    compute: Callable[..., Any]
    reads: Mapping[str, str]
    deps: tuple[str, ...]
    after: tuple[str, ...]
    if_made: tuple[str, ...]
    files: tuple[str, ...]
    settings: tuple[str, ...]
    code: str

    @property
    def inputs(self) -> list[str]:
        """Every table that is read, as ``link.table``."""
        return sorted({*self.reads.values(), *self.deps, *self.if_made})


DECLARED = "ossu"
"""Key of the definition metadata under which `Declared` is found."""


def asset_key(name: str) -> dg.AssetKey:
    """``"gap.service_gap"`` as an asset key."""
    return dg.AssetKey(name.split("."))


@contextmanager
def as_failure() -> Iterator[None]:
    """Turn our own errors and faults of the machine into failures that show a Bulgarian sentence and no traceback."""
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        known = place_fault(error)
        if known is None:
            raise
        raise dg.Failure(description=str(known), allow_retries=False) from error


def table_asset(
    link: str,
    *tables: str,
    reads: Mapping[str, str] | None = None,
    deps: Sequence[str] = (),
    after: Sequence[str] = (),
    if_made: Sequence[str] = (),
    files: Sequence[str] = (),
    settings: Sequence[str] = (),
    config: type[dg.Config] | None = None,
    name: str = "",
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare the assets of one function.

    Parameters
    ----------
    link, tables : str
        The tables, declared in ``ossu_analysis/schemas/<link>.py``; their comments are the descriptions.
    reads : mapping of str to str
        Argument of the function -> ``link.table`` that it receives as a frame.
    deps : sequence of str
        Tables that the function reads by itself through the store (large ones).
    after : sequence of str
        Tables that the function does not read, but whose checks must have passed.
    if_made : sequence of str
        Like ``deps``, but the function does without them where they have not been made or are older than their inputs.
    files : sequence of str
        Patterns below ``data/`` of the files that it reads.
    settings : sequence of str
        Fields of `RunSettings` that decide the result.
    config : type of dagster.Config
        Choices of the launchpad for this asset alone.
    name : str
        Of the step when there are several tables.

    Notes
    -----
    The function may take ``step`` (a `Step`) besides its tables. It returns the frame of its table, or a mapping of
    tables to frames, or None when it has written them by itself.
    """

    def build(compute: Callable[..., Any]) -> dg.AssetsDefinition:
        declared = Declared(
            *(link, tables, compute, dict(reads or {}), tuple(deps), tuple(after)),
            *(tuple(if_made), tuple(files), tuple(settings)),
            code_version(compute, link),
        )

        def run(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
            with as_failure():
                yield from _materialized(declared, context, {})

        def run_with_choices(context: dg.AssetExecutionContext, config: Any) -> Iterator[dg.MaterializeResult]:
            with as_failure():
                yield from _materialized(declared, context, config.model_dump())

        run_with_choices.__annotations__["config"] = config

        specs = [_spec(declared, table) for table in tables]
        return dg.multi_asset(
            name=f"{link}__{name or tables[0]}",
            specs=specs,
            can_subset=len(specs) > 1,
            required_resource_keys={"workspace", "settings", "models"},
        )(run_with_choices if config else run)

    return build


def _spec(declared: Declared, table: str) -> dg.AssetSpec:
    table_class(declared.link, table)
    comment, more = REGISTRY[declared.link, table].comment, f"pipelines.more.{declared.link}.{table}"
    return dg.AssetSpec(
        key=[declared.link, table],
        deps=[asset_key(name) for name in (*declared.inputs, *declared.after)],
        description=f"{comment}. {text(more)}" if text(more) != more else f"{comment}.",
        group_name=declared.link,
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
        code_version=declared.code,
        automation_condition=FOLLOWS_ITS_INPUTS if declared.inputs else None,
        metadata={"dagster/column_schema": column_schema(declared.link, table), DECLARED: _declaration(declared)},
    )


def _declaration(declared: Declared) -> dg.MetadataValue:
    """What decides a table, readable on its page and by the tests of lineage."""
    return dg.MetadataValue.json(
        {
            "tables": [*declared.reads.values(), *declared.deps],
            "if_made": [*declared.if_made],
            "files": [*declared.files],
            "settings": [*declared.settings],
        }
    )


def _materialized(
    declared: Declared, context: dg.AssetExecutionContext, config: dict[str, Any]
) -> Iterator[dg.MaterializeResult]:
    """Make what is wanted and would come out otherwise than it stands; describe the rest as it was."""
    workspace, chosen = context.resources.workspace, context.resources.settings
    settings, store = chosen.run_settings(workspace.store), workspace.store
    old = set(lineage.outdated(store))
    _refuse_outdated(declared, old)
    store = Store(store.root, without=old & {_name(table) for table in declared.if_made})
    values = settings.model_dump(mode="json", include=set(declared.settings)) | ({"config": config} if config else {})
    recipe = lineage.recipe_of(store, declared.code, values, map(_name, declared.inputs), declared.files)
    wanted = [table for table in declared.tables if asset_key(f"{declared.link}.{table}") in _selected(context)]
    stale = [t for t in wanted if chosen.force or not lineage.is_made_of(store, (declared.link, t), recipe)]
    if stale:
        shared, run_id = context.resources.models, short_run_id(context.run_id)
        _make(declared, Step(store, settings, tuple(stale), recipe, run_id, shared, config, context))
    for table in wanted:
        if table in stale:
            made = lineage.record(store, (declared.link, table), recipe)
            page = table_page(store, declared.link, table)
            yield _result(declared.link, table, made, page, {})
        else:
            page = _last_page(context, declared.link, table) or table_page(store, declared.link, table)
            yield _result(declared.link, table, lineage.version(store, (declared.link, table)), page, UNCHANGED)


def _selected(context: dg.AssetExecutionContext) -> Any:
    return context.selected_asset_keys


def _name(table: str) -> tuple[str, str]:
    link, _, name = table.partition(".")
    return link, name


def _refuse_outdated(declared: Declared, old: set[tuple[str, str]]) -> None:
    """Nothing is made from a table that is older than its own inputs."""
    found = [name for name in [*declared.reads.values(), *declared.deps] if _name(name) in old]
    if found:
        raise OssuError("pipelines.outdated", tables=", ".join(sorted(set(found))))


def _make(declared: Declared, step: Step) -> None:
    from pandera.errors import SchemaErrors

    frames: dict[str, Any] = {name: step.store.read(*_name(table)) for name, table in declared.reads.items()}
    if "step" in inspect.signature(declared.compute).parameters:
        frames["step"] = step
    made = declared.compute(**frames)
    if made is None:
        return
    made = made if isinstance(made, Mapping) else {declared.tables[0]: made}
    for table in step.tables:
        try:
            step.store.write(declared.link, table, made[table])
        except SchemaErrors as faulty:
            said = text("pipelines.not_as_declared", table=f"{declared.link}.{table}", count=len(faulty.failure_cases))
            raise dg.Failure(
                said, metadata={text("pipelines.rows"): failing_rows(faulty)}, allow_retries=False
            ) from faulty


def _last_page(context: dg.AssetExecutionContext, link: str, table: str) -> Any:
    event = context.instance.get_latest_materialization_event(dg.AssetKey([link, table]))
    return event and event.asset_materialization and event.asset_materialization.metadata


def _result(link: str, table: str, version: str, page: Any, tags: dict[str, str]) -> dg.MaterializeResult:
    return dg.MaterializeResult(asset_key=[link, table], metadata=page, data_version=dg.DataVersion(version), tags=tags)
