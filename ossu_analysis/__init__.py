"""What we compute: plain functions on tables, one folder per link of the chain.

The chain reads: collection, sources -> population -> capacity -> demand -> gap -> proposal -> monitoring, with
evaluation and report reading everything. Imports point down that list only, and nothing here knows Dagster.
"""

import os

# Our matrices are small and whole areas are what runs side by side: BLAS threads waiting for each other cost four times
# the work they share on a busy machine. Only takes effect before numpy is loaded; a value set by the user stays.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
