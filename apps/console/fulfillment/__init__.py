"""Work at nodes, and at partners."""
