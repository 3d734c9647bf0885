"""Compensation: what was set off outside, and taking it back until it is taken back.

Owns external effects with their states, from attempted to compensated, and when one is stuck. Does not know how a kind of effect is
made or undone; whoever talks to the other side does, and writes down here how it went.
"""
