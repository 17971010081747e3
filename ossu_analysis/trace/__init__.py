"""Where a number comes from: article, criterion, formula in words, inputs down to the publisher, and recomputed."""

from ossu_analysis.trace.answer import TABLES, trace_number, trace_row
from ossu_analysis.trace.step import Step, as_text

__all__ = ["TABLES", "Step", "as_text", "trace_number", "trace_row"]
