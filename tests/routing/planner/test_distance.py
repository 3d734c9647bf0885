"""Distances, against those of a map."""

from __future__ import annotations

import pytest

from apps.routing.planner.distance import haversine_km

LONDON, PARIS, SYDNEY = (51.5074, -0.1278), (48.8566, 2.3522), (-33.8688, 151.2093)
LEEDS, QUITO, SINGAPORE = (53.8, -1.55), (0.0, -78.5), (1.3521, 103.8198)


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        (LONDON, PARIS, 344),
        (LONDON, LEEDS, 272),
        (LONDON, SYDNEY, 16_994),
        (QUITO, SINGAPORE, 19_717),
        (SYDNEY, SINGAPORE, 6_306),
        ((0.0, 0.0), (0.0, 1.0), 111),
        ((0.0, 0.0), (0.0, 180.0), 20_015),
        ((90.0, 0.0), (-90.0, 77.0), 20_015),
        ((60.0, 0.0), (60.0, 90.0), 4_605),
        (LEEDS, LEEDS, 0),
    ],
)
def test_the_way_between_two_places_is_as_long_as_on_the_globe(one, other, km):
    assert haversine_km(*one, *other) == km == haversine_km(*other, *one)
