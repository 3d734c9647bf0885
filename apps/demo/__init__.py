"""Demo: a realistic shop to look at, and the people and customers that keep it busy.

Owns seed data, the simulated warehouse floor, sample orders and the replay of real files over HTTP.
Nothing in the product imports it.
"""
