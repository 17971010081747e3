"""Run every benchmark of this folder in turn: ``python -m benchmarks``."""

from importlib import import_module
from pkgutil import iter_modules

import benchmarks

for module in iter_modules(benchmarks.__path__):
    if not module.name.startswith("_"):
        print(f"\n== {module.name}")
        import_module(f"benchmarks.{module.name}").main()
