"""How rows look from outside: one model per shape, and how it is made from a row."""
