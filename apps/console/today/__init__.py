"""The start page: what needs somebody, and the figures of the business."""
