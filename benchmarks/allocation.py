"""How long options take and how good they are proved to be: every oblast asked for, and the country under one ceiling.

Run ``python benchmarks/allocation.py SML PDV BG`` in a project with tables: what the job ``options`` calls, on the
demonstration inputs of ``data/demo/options.yaml``. The first area also waits for the draws of demand to be read.
"""

import sys
import time

import numpy as np

from ossu_analysis.config import run_settings
from ossu_analysis.proposal.allocation.chain import make_options, read_request
from ossu_analysis.store import Store, project_root


def main(areas: list[str]) -> None:
    store = Store(project_root())
    settings = run_settings(store)
    for area in areas:
        started, worked = time.perf_counter(), time.process_time()
        made = make_options(store, settings, read_request({"areas": (area,)}), settings.as_of)
        table = made["allocation"]
        seconds = time.perf_counter() - started, time.process_time() - worked
        said = f"{len(table)} options, worst gap {np.max(table['optimality_gap']):.2%}"
        print(f"{area}: {seconds[0]:.1f} s ({seconds[1]:.1f} s of processor, drawing included), {said}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["SML"])
