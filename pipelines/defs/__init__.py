"""One file per link of the chain, plus resources and automation; `pipelines.definitions` gathers them."""
