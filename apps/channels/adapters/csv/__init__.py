"""Files with one row for each line."""
