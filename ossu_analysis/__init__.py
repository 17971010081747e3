"""What we compute: plain functions on tables, one folder per link of the chain.

The chain reads: collection, sources -> population -> capacity -> demand -> gap -> proposal -> monitoring, with
evaluation and report reading everything. Imports point down that list only, and nothing here knows Dagster.
"""

__version__ = "0.1.0"
