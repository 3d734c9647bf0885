"""Composed SQL for the hottest paths: bulk inserts and updates with history, a write buffer, rows read and made without
Django's per-row overhead. Everything that composes SQL from a model's fields lives here and nowhere else."""
