"""Fulfillment: getting the goods out of the building.

Owns fulfillment orders (these lines, from this node), shipments and packages.
Does not choose nodes (routing) and does not talk to partners (integrations).
"""
