"""The steps: each reads as an instruction, is idempotent, and asks services to do the work."""
