"""Refusals."""

from __future__ import annotations

from apps.core.errors import DomainError, NotFound


class NothingToReplay(DomainError):
    code = "nothing_to_replay"
    status = 409
    message = "None of these messages waits to be read again any more."


class ReplayNotFound(NotFound):
    code = "replay_not_found"
    message = "There is no job {job}."


class NotTheSandbox(DomainError):
    code = "not_the_sandbox"
    status = 409
    message = "{channel} is not connected to the sandbox: say --live to try the shop itself, where nothing is spoiled."


class NotTheSandboxPartner(DomainError):
    code = "not_the_sandbox"
    status = 409
    message = (
        "{partner} is not connected to the sandbox: say --live to try the partner itself, where nothing is spoiled."
    )


class DriftNotFound(NotFound):
    code = "drift_not_found"
    message = "There is no difference {drift}."


class DriftMended(DomainError):
    code = "drift_mended"
    status = 409
    message = "It is mended already: the contract and the messages fit again."
