"""How far the nearest place is: great-circle distance between municipal seats times a declared factor.

No road network is shipped, so the distance is „по права линия“ (factor 1.0) and says so; a table of travel times would
replace it.
"""

import numpy as np
from numpy.typing import NDArray

from ossu_analysis.capacity.access import seat_distances_km

__all__ = ["nearest_km", "seat_distances_km"]


def nearest_km(distances: NDArray, has_places: NDArray) -> NDArray:
    """Distance to the nearest municipality with places; 0 for one that has them, NaN when nobody does.

    Parameters
    ----------
    distances : ndarray of shape (n, n)
        Kilometres.
    has_places : ndarray of bool, shape (n,)
        Where the service is.
    """
    if not has_places.any():
        return np.full(len(distances), np.nan)
    return distances[:, has_places].min(axis=1)
