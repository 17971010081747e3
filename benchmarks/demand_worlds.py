"""Demand on twenty fictitious countries of known truth, beside simpler methods: python benchmarks/demand_worlds.py."""

import sys

from ossu_analysis.evaluation.demand_score import grade_worlds, summary
from ossu_analysis.evaluation.demand_worlds import make_world, standard_mechanisms


def main(count: int = 20) -> None:
    laws = standard_mechanisms(count)
    worlds = [(str(number), lambda number=number: make_world(laws[number], number)) for number in range(count)]
    scores = grade_worlds(worlds)
    print(scores.pivot(index="world", columns="method", values="national_bias").round(3).to_string())
    print(summary(scores).round(3).to_string())


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
