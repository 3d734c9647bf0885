"""Network: the places that can fulfill and how parcels travel from them.

Owns nodes, node groups, calendars, cutoffs, downtime, carriers, services and the coordinates of places.
Knows no stock and no order.
"""
