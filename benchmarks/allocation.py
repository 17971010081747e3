"""How long options take and how good they are proved to be: every oblast asked for, and the country under one ceiling.

Run ``python benchmarks/allocation.py SML PDV BG`` in a project with tables; the numbers are made with the demonstration
inputs of ``data/demo/options.yaml``.
"""

import sys
import time

import numpy as np

from ossu_analysis.config import RunSettings
from ossu_analysis.demand.chain import DemandModel
from ossu_analysis.proposal.allocation_case import draws_of_year, frame_case
from ossu_analysis.proposal.allocation_chain import oblast_options
from ossu_analysis.proposal.allocation_country import solve_country
from ossu_analysis.proposal.option_inputs import demonstration_inputs, read_demonstration_options
from ossu_analysis.store import Store, project_root

YEAR = 2028


def main(areas: list[str]) -> None:
    store, started = Store(project_root()), time.perf_counter()
    tables = {name: store.read("reference", name) for name in ("municipality", "service")}
    gap = store.read("gap", "service_gap", f"year = {YEAR}")
    options = read_demonstration_options(store)
    codes = tables["municipality"]["municipality_code"].tolist()
    made = DemandModel.of_store(store).draws(RunSettings())
    draws = draws_of_year(made, YEAR, list(options.services), codes)
    inputs = demonstration_inputs(options, gap, tables["municipality"])
    print(f"read {time.perf_counter() - started:.1f} s; {len(draws)} services, {len(next(iter(draws.values())))} draws")
    for area in areas:
        started, worked = time.perf_counter(), time.process_time()
        if area == "BG":
            framed = frame_case(gap, draws, codes, tables["municipality"], tables["service"], inputs)
            plan = solve_country(framed.case, framed.limits)
            said = f"served {plan.served:.0f} of {framed.case.expected_demand.sum():.0f}, gap {plan.gap:.2%}"
        else:
            found = oblast_options(area, gap, draws, codes, tables, inputs)
            said = f"{len(found.options)} options, worst gap {np.max(found.options['optimality_gap']):.2%}"
            if "-v" in sys.argv:
                print(found.options[["option", "description", "gives_up", "binding"]].to_string(), found.sharing)
        seconds = time.perf_counter() - started, time.process_time() - worked
        print(f"{area}: {seconds[0]:.1f} s ({seconds[1]:.1f} s of processor), {said}")


if __name__ == "__main__":
    main([area for area in sys.argv[1:] if area != "-v"] or ["SML"])
