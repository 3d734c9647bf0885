"""Channels: connecting a shop step by step, how each one is, and when its contract ends."""
