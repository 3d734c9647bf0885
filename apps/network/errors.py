"""The refusals of the network."""

from apps.core.errors import DomainError, NotFound


class NodeNotFound(NotFound):
    code = "node_not_found"
    message = "There is no location {node}."


class DowntimeBackwards(DomainError):
    code = "downtime_backwards"
    status = 422
    message = "A downtime must end after it starts."
