"""The refusals of channels."""

from apps.core.errors import DomainError, NotFound


class ChannelNotFound(NotFound):
    code = "channel_not_found"
    message = "There is no active channel {channel}."


class BadSignature(DomainError):
    code = "bad_signature"
    status = 401
    message = "The signature is missing, wrong or too old."


class MessageNotReplayable(DomainError):
    code = "message_not_replayable"
    status = 409
    message = "The message was {verdict}; only waiting, quarantined and rejected ones can be replayed."


class UploadRefused(DomainError):
    code = "upload_refused"
    status = 422
    message = "The file can't be read: {problem}."
