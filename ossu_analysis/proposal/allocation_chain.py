"""Options of every oblast from working tables: what an asset calls. Arithmetic is in the modules beside this one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from ossu_analysis.config import RunSettings
from ossu_analysis.errors import raise_if_any
from ossu_analysis.proposal.allocation import RELATIVE_GAP
from ossu_analysis.proposal.allocation_case import check_limits, draws_of_year, frame_case
from ossu_analysis.proposal.allocation_conflict import explain_conflict
from ossu_analysis.proposal.allocation_options import allocation_options
from ossu_analysis.proposal.allocation_words import Wording, option_table, place_table, says_conflict, sharing_table
from ossu_analysis.proposal.cliff import funding_cliffs
from ossu_analysis.proposal.line import planning_year
from ossu_analysis.proposal.option_inputs import (
    OptionInputs,
    demonstration_inputs,
    missing_inputs,
    read_demonstration_options,
)
from ossu_analysis.store import Store
from ossu_analysis.texts import text


def demonstration_options(
    store: Store, settings: RunSettings, oblast_codes: Sequence[str], today: str
) -> dict[str, pd.DataFrame]:
    """Options of some oblasts on the demonstration inputs, as the tables ``proposal.allocation`` and those beside it.

    Parameters
    ----------
    store : Store
        With ``gap.service_gap``, the tables of demand, and ``reference.municipality`` and ``service``.
    settings : RunSettings
        Of the run whose demand is drawn.
    oblast_codes : sequence of str
        Each takes some seconds.
    today : str
        ISO day from which the months to funding cliffs are counted.

    Returns
    -------
    dict of str to DataFrame
        ``allocation``, ``allocation_place``, ``allocation_sharing``, ``funding_cliff``.
    """
    from ossu_analysis.demand.chain import DemandModel

    tables = {name: store.read("reference", name) for name in ("municipality", "service")}
    gap = store.read("gap", "service_gap")
    year = planning_year(gap["year"].unique().tolist())
    gap = gap[gap["year"].eq(year)]
    codes, made_up = tables["municipality"]["municipality_code"].tolist(), read_demonstration_options(store)
    draws = draws_of_year(DemandModel.of_store(store).draws(settings), year, list(made_up.services), codes)
    inputs = demonstration_inputs(made_up, gap, tables["municipality"])
    found = [oblast_options(code, gap, draws, codes, tables, inputs) for code in oblast_codes]
    joined = {
        "allocation": pd.concat([oblast.options for oblast in found], ignore_index=True),
        "allocation_place": pd.concat([oblast.places for oblast in found], ignore_index=True),
        "allocation_sharing": pd.concat([oblast.sharing for oblast in found], ignore_index=True),
    }
    joined = {name: table.assign(planning_year=year) for name, table in joined.items()}
    return joined | {"funding_cliff": funding_cliffs(inputs.projects, today)}


@dataclass(frozen=True)
class OblastOptions:
    """Options of one oblast as tables; ``message`` says why there are none."""

    options: pd.DataFrame
    places: pd.DataFrame
    sharing: pd.DataFrame
    message: str = ""


def oblast_options(
    oblast_code: str,
    gap: pd.DataFrame,
    draws: Mapping[str, NDArray],
    codes: Sequence[str],
    tables: Mapping[str, pd.DataFrame],
    inputs: OptionInputs,
    relative_gap: float = RELATIVE_GAP,
    **limits: Any,
) -> OblastOptions:
    """Options of one oblast in one planning year, or the sentence that says why there are none.

    Parameters
    ----------
    oblast_code : str
        Oblast; others do not take part.
    gap : DataFrame
        ``gap.service_gap`` of the planning year, all municipalities.
    draws : mapping of str to ndarray
        From `allocation_case.draws_of_year`, municipalities in the order of ``codes``.
    codes : sequence of str
        Municipalities of ``draws``.
    tables : mapping of str to DataFrame
        ``municipality`` and ``service`` of the link ``reference``.
    inputs : OptionInputs
        Money, posts, caps, ways; on real inputs the message names what is missing.
    relative_gap : float
        When each search ends.
    **limits : float
        Further limits, such as ``least_coverage`` or ``shared_places``.

    Returns
    -------
    OblastOptions
        ``options`` (one row per option), ``places`` (by host and service), ``sharing`` (host, guest, service).

    Raises
    ------
    FaultsFound
        Ceilings below what exists; travel times with missing pairs.
    """
    municipality, service = tables["municipality"], tables["service"]
    members = municipality.loc[municipality["oblast_code"].eq(oblast_code), "municipality_code"].tolist()
    mapped = service[service["planning_level"].isin(("municipal", "oblast", "unknown"))]["service_code"]
    wanted = {code: draws[code] for code in sorted(set(draws) & set(mapped))}
    missing = missing_inputs(inputs, list(wanted), members)
    if missing:
        return _none(text("allocation.missing.heading", list="; ".join(missing)))
    rows = gap[gap["municipality_code"].isin(members)]
    framed = frame_case(rows, wanted, codes, municipality, service, inputs, **limits)
    raise_if_any(check_limits(framed.case, framed.limits, inputs.currency))
    wording = wording_of(municipality, service, inputs)
    options = allocation_options(framed.case, framed.limits, relative_gap)
    if not options:
        conflict = explain_conflict(framed.case, framed.limits)
        return _none("" if conflict is None else says_conflict(conflict, wording))
    facts: Any = {"oblast_code": oblast_code, "price_year": inputs.price_year, "status": framed.status}
    return OblastOptions(
        option_table(options, framed.case, framed.limits, wording).assign(**facts),
        place_table(options, framed.case).assign(**facts),
        sharing_table(options, framed.case).assign(**facts),
        text("allocation.left_out", list=", ".join(framed.left_out)) if framed.left_out else "",
    )


def wording_of(municipality: pd.DataFrame, service: pd.DataFrame, inputs: OptionInputs) -> Wording:
    """Names and units for the sentences."""
    return Wording(
        dict(zip(municipality["municipality_code"], municipality["name_bg"], strict=True)),
        dict(zip(service["service_code"], service["short_name_bg"], strict=True)),
        inputs.currency,
        inputs.travel is not None,
    )


def _none(message: str) -> OblastOptions:
    return OblastOptions(pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), message)
