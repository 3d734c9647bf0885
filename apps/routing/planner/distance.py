"""Great-circle distance, in whole kilometres."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_DIAMETER_KM = 2 * 6371.0088


def haversine_km(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    """Kilometres between two points given in degrees, rounded to a whole one."""
    phi1, phi2 = radians(lat1), radians(lat2)
    half_chord = sin((phi2 - phi1) / 2) ** 2 + cos(phi1) * cos(phi2) * sin(radians(lon2 - lon1) / 2) ** 2
    return round(EARTH_DIAMETER_KM * asin(sqrt(min(1.0, half_chord))))
