"""What is there: places, use, waiting lists and staff per municipality, service and period; who serves whom; access."""

from ossu_analysis.capacity.access import access, persons_of_services, ways_between
from ossu_analysis.capacity.cross_boundary import by_residence, cross_boundary
from ossu_analysis.capacity.current import current_capacity, free_places

__all__ = [
    "access",
    "by_residence",
    "cross_boundary",
    "current_capacity",
    "free_places",
    "persons_of_services",
    "ways_between",
]
