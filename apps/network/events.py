"""What happens to nodes, as facts on the node's own timeline."""

CHANGED = "node.changed"
SHUT = "node.shut"
