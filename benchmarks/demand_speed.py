"""All services x 265 municipalities x 17 years x 1,000 draws: time and peak memory of fit, draws and rows.

python benchmarks/demand_speed.py [services]
"""

import resource
import sys
import time

import numpy as np

from ossu_analysis.demand.draws import draw_demand
from ossu_analysis.demand.forecast import Labels, forecast_chunk, levels
from ossu_analysis.demand.panel import panels
from ossu_analysis.demand.use_rate import fit
from ossu_analysis.evaluation.demand_worlds import make_world, standard_mechanisms


def main(services: int = 33) -> None:
    laws = standard_mechanisms(services)
    worlds = [make_world(law, seed, years=range(2016, 2022), ahead=14) for seed, law in enumerate(laws)]
    exposed = np.full((265, 17, 1000), 2000.0, np.float32)
    years, started = np.arange(2019, 2036), (time.perf_counter(), time.process_time())
    for number, world in enumerate(worlds):
        areas = world.exposed[["area_code", "parent_code"]].drop_duplicates()
        panel = panels(world.returns, world.exposed, areas)[0]
        drawn = draw_demand(fit(panel), exposed, years, number)
        made = levels(panel.areas, {"oblast": panel.parent_codes[panel.parents], "country": np.full(265, "BG")})
        forecast_chunk(drawn.persons, years, made, Labels("S", "G", "reference", "m", "r"), np.full(17, "forecast"))
    seconds, used = time.perf_counter() - started[0], time.process_time() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{services} services: {seconds:.1f} s by the clock, {used:.1f} s of processor time, {peak:.0f} MB at most")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
