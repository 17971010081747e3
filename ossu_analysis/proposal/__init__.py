"""What could be done, at what price: proposal lines by the law's parts, and simple options per oblast."""

from ossu_analysis.proposal.cliff import funding_cliff_table
from ossu_analysis.proposal.consistency import inconsistencies
from ossu_analysis.proposal.line import planning_year, proposal_lines
from ossu_analysis.proposal.option import proposal_options
from ossu_analysis.proposal.subsidy import subsidy_table

__all__ = [
    "funding_cliff_table",
    "inconsistencies",
    "planning_year",
    "proposal_lines",
    "proposal_options",
    "subsidy_table",
]
