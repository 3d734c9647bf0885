"""The refusals of orchestration."""

from apps.core.errors import DomainError, IllegalTransition, NotFound


class RunNotFound(NotFound):
    code = "run_not_found"
    message = "There is no job {run}."


class RunNotRetryable(IllegalTransition):
    code = "run_not_retryable"
    message = "The job is {state}; only a failed one can be started again."


class NothingToRetry(DomainError):
    code = "nothing_to_retry"
    status = 409
    message = "None of these waits to be retried any more."


class RedriveNotFound(NotFound):
    code = "redrive_not_found"
    message = "There is no job {job}."
