"""The refusals of orchestration."""

from apps.core.errors import IllegalTransition, NotFound


class RunNotFound(NotFound):
    code = "run_not_found"
    message = "There is no job {run}."


class RunNotRetryable(IllegalTransition):
    code = "run_not_retryable"
    message = "The job is {state}; only a failed one can be started again."
