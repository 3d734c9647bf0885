"""SLA: how long things may take, and what happens when they take longer.

Owns policies, business calendars' arithmetic, timers and what was seen of them.
Does not know what a stage means to its subject; steps start and stop the clocks.
"""
