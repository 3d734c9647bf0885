"""Composed SQL for the paths where Django's per-row work costs more than the database's.

``write_buffer``  the writes of one unit of work, sent as one statement
``bulk_insert``   rows of several models with their history; primary keys taken in blocks
``bulk_update``   some fields of many rows with their history, in one ``UPDATE … FROM unnest(…)``
``event_insert``  events and the step runs that follow them
``history_rows``  history copied by PostgreSQL
``fast_rows``     unsaved rows made from column values
``raw_rows``      saved rows read by SQL that is written out
``advisory_locks``  locks by name, where there is no row to lock
``columns``       which kinds of fields these can write; any other is refused

Everything that composes SQL from a model's fields is here. Elsewhere only selectors write SQL, and what
``tests/architecture/test_raw_sql.py`` names. For everything else there is the ORM.
"""
