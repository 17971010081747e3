"""One file per link of the chain, plus `automation` (jobs, schedule, sensor); `pipelines.definitions` gathers them."""
