"""When and where the chain runs: the thin Dagster shell and the command line. No arithmetic lives here."""
