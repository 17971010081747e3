"""What is missing, how sure are we, why: demand against places, map number and criterion, each apart."""

from ossu_analysis.gap.service_gap import GapSettings, gap_tables
from ossu_analysis.gap.standards import Standards, read_standards

__all__ = ["GapSettings", "Standards", "gap_tables", "read_standards"]
