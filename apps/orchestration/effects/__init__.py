"""What was set off for an order outside its own row, how each kind of it is undone, and how far that has come."""
