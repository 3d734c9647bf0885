"""The writers, one verb a function."""
