"""What could be done, at what price: decisions by the law's parts, and simple options per oblast."""

from ossu_analysis.proposal.cliff import funding_cliff_table
from ossu_analysis.proposal.consistency import inconsistencies
from ossu_analysis.proposal.option import proposal_options
from ossu_analysis.proposal.plan import planning_year
from ossu_analysis.proposal.subsidy import subsidy_table

__all__ = [
    "funding_cliff_table",
    "inconsistencies",
    "planning_year",
    "proposal_options",
    "subsidy_table",
]
