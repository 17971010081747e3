"""Where a number comes from: article, criterion, formula in words, inputs down to the publisher, and recomputed.

No arithmetic stands here: the formulas are those of the links, called again with the inputs that a run has.
"""

from ossu_analysis.trace.answer import TABLES, trace_row
from ossu_analysis.trace.step import Step, as_text

__all__ = ["TABLES", "Step", "as_text", "trace_row"]
