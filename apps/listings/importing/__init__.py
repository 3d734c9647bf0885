"""What becomes of a shop's catalog here: its items read, matched with SKUs, compared field by field. Decides only."""
