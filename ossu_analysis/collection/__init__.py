"""What did municipalities, providers and ДСП report? Demonstration returns, the reading of real ones, and their union.

Belongs here: making and checking rows of ``collection.return``. Capacity is computed from them in `capacity`.
"""

from ossu_analysis.collection.demonstration import demonstration_returns
from ossu_analysis.collection.settings import read_settings
from ossu_analysis.collection.union import mixture_label, with_real_returns

__all__ = ["demonstration_returns", "mixture_label", "read_settings", "with_real_returns"]
