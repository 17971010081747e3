"""What did municipalities, providers and ДСП report? Demonstration returns, the reading of real ones, and their union.

Belongs here: making and checking rows of ``collection.return``, ``residence`` and ``user_profile``. Capacity is
computed from them in `capacity`.
"""

from ossu_analysis.collection.administration import demonstration_residence
from ossu_analysis.collection.demonstration import demonstration_returns, newest_persons
from ossu_analysis.collection.inbox import error_table, read_code_lists, read_inbox
from ossu_analysis.collection.plausibility import accepted, doubts
from ossu_analysis.collection.settings import read_settings
from ossu_analysis.collection.template import write_template
from ossu_analysis.collection.union import mixture_label, with_real_residence, with_real_returns

__all__ = [
    "accepted",
    "demonstration_residence",
    "demonstration_returns",
    "doubts",
    "error_table",
    "mixture_label",
    "newest_persons",
    "read_code_lists",
    "read_inbox",
    "read_settings",
    "with_real_residence",
    "with_real_returns",
    "write_template",
]
