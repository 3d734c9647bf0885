"""Public API, version 1: views only.

Owns the HTTP shapes of /api/v1 and the inbound hooks: parse, one service call, render.
Holds no rule; what it refuses, a service refused.
"""
