"""The queue of exceptions, and the page of one."""
