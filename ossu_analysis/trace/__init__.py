"""Where a number comes from: article, criterion, formula in words, inputs down to the publisher, and recomputed."""

from ossu_analysis.trace.run import trace_number
from ossu_analysis.trace.step import Step, as_text

__all__ = ["Step", "as_text", "trace_number"]
