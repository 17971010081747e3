"""The wait that the flow model says against people who queue one by one, from returns alone.

python -m benchmarks.demand_waiting        six countries of `queue_world`
"""

import numpy as np
import pandas as pd

from ossu_analysis.demand.draws import draw_demand
from ossu_analysis.demand.panel import panels
from ossu_analysis.demand.service import Service
from ossu_analysis.demand.use_rate import fit
from ossu_analysis.demand.waiting import waiting_rows
from ossu_analysis.evaluation.demand_mechanisms import queue_waits, queue_world

FEWEST_PLACES = 10
TARGETS = {"places_for_6_months": 0.5, "places_for_12_months": 1.0}


def country(seed: int) -> dict[str, float]:
    """What the model says of one country, and what its people live through."""
    world = queue_world(seed)
    panel = panels(world.returns, world.exposed, world.exposed[["area_code", "parent_code"]].drop_duplicates())[0]
    fitted, places = fit(panel), np.nan_to_num(panel.places[:, -1])
    drawn = draw_demand(fitted, panel.persons[:, -1:, None], panel.years[-1:], seed)
    rows = waiting_rows(drawn, fitted, Service(panel.service_code, "TG-65", "estimated"), places)
    if rows.empty:
        return {"stay": np.nan}
    told = rows[(rows["added_places"] == 0) & (rows["places"] >= FEWEST_PLACES) & (rows["wait_years"] > 0)]
    at = pd.Index(panel.areas).get_indexer(told["municipality_code"])
    waited = queue_waits(seed, at, told["places"].to_numpy())
    told, at, waited = told[waited > 0], at[waited > 0], waited[waited > 0]
    found = {
        "stay": float(told["stay_years"].iloc[0]),
        "model": told["wait_years"].mean(),
        "queue": waited.mean(),
        "range holds": float(((told["wait_low"] <= waited) & (waited <= told["wait_high"])).mean()),
    }
    for name, target in TARGETS.items():
        longer = told["wait_years"].to_numpy() > target
        if longer.any():
            then = queue_waits(seed, at[longer], told.loc[longer, name].to_numpy())
            found |= {f"{name}: wait": then.mean(), f"{name}: reached": float((then <= target).mean())}
    return found


def main() -> None:
    print(pd.DataFrame({seed: country(seed) for seed in range(1, 7)}).T.round(2).to_string())


if __name__ == "__main__":
    main()
