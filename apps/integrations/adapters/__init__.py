"""One folder for each external contract of partners. The registry finds them; no other file names one."""
