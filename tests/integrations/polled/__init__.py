"""A package of partner adapters that is nobody else's business."""
