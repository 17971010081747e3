"""Time, memory and accuracy beside named peers: `python -m benchmarks` runs them all."""

import ossu_analysis  # noqa: F401  (sets the number of BLAS threads, before anything loads numpy)
