"""What is there: places, use, waiting lists and staff per municipality, service and period."""

from ossu_analysis.capacity.current import CLOSING, current_capacity, free_places

__all__ = ["CLOSING", "current_capacity", "free_places"]
