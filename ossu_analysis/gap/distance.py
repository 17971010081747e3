"""How far the nearest place is: great-circle distance between municipal seats times a declared factor.

No road network is shipped, so the distance is „по права линия“ (factor 1.0) and says so; a table of travel times would
replace it.
"""

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth, IUGG."""


def seat_distances_km(latitude: NDArray, longitude: NDArray, factor: float = 1.0) -> NDArray:
    """Distances between all pairs of seats by the haversine formula.

    Parameters
    ----------
    latitude, longitude : ndarray of shape (n,)
        Degrees.
    factor : float
        What a straight kilometre counts for.

    Returns
    -------
    ndarray of shape (n, n)
        Kilometres; symmetric, zero on the diagonal.

    Examples
    --------
    >>> seat_distances_km(np.array([42.70, 43.21]), np.array([23.32, 27.92])).round(0)[0, 1]
    np.float64(379.0)
    """
    phi, lam = np.radians(latitude), np.radians(longitude)
    haversine = np.sin((phi[:, None] - phi) / 2) ** 2
    haversine = haversine + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * factor * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0)))


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
