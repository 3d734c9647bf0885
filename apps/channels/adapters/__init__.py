"""One folder for each external contract by which orders come in. Nothing outside a folder knows its name."""
