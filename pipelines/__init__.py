"""When and where the chain runs: the thin Dagster shell and the command line. No arithmetic lives here."""

import ossu_analysis  # noqa: F401  (sets the number of BLAS threads, before anything loads numpy)
