"""Demand on fictitious countries of known truth, beside simpler methods.

python -m benchmarks.demand_worlds            twenty countries by law, and three of each mechanism
python -m benchmarks.demand_worlds 5 1        five by law, one of each mechanism
"""

import sys
from functools import partial

from ossu_analysis.evaluation.demand_mechanisms import MECHANISMS
from ossu_analysis.evaluation.demand_score import grade_worlds, summary
from ossu_analysis.evaluation.demand_worlds import make_world, standard_mechanisms


def main(by_law: int = 20, seeds: int = 3) -> None:
    laws = standard_mechanisms(by_law)
    worlds = [(f"law {number}", partial(make_world, law, number)) for number, law in enumerate(laws)]
    worlds += [
        (f"{name} {seed}", partial(make, seed)) for name, make in MECHANISMS.items() for seed in range(1, seeds + 1)
    ]
    scores = grade_worlds(worlds)
    for column in ("national_bias", "mape", "coverage_80", "bias_with_list", "bias_without_list"):
        print(f"\n{column}\n{scores.pivot(index='world', columns='method', values=column).round(3).to_string()}")
    is_law = scores["world"].str.startswith("law")
    for name, part in (("by law", scores[is_law]), ("by mechanism", scores[~is_law])):
        print(f"\n{name}\n{summary(part).round(3).T.to_string()}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
