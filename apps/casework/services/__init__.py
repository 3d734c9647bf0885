"""The only writers of cases; one file per concern."""

from apps.casework.services.clearing import clear_cases, note_cause_gone
from apps.casework.services.defaults import ensure_casework
from apps.casework.services.ending import link_cases, merge_cases, resolve_case
from apps.casework.services.escalating import acknowledge_case, escalate_due, publish_escalation
from apps.casework.services.opening import Problem, open_case, open_cases
from apps.casework.services.waiting import resume_cases, wait_case, wake_answered, wake_due
from apps.casework.services.watching import forget_watchers, set_clocks, watch_case
from apps.casework.services.working import KEEP, Keep, assign_cases, comment_case, set_priority, take_case

__all__ = [
    "KEEP",
    "Keep",
    "Problem",
    "acknowledge_case",
    "assign_cases",
    "clear_cases",
    "comment_case",
    "ensure_casework",
    "escalate_due",
    "forget_watchers",
    "link_cases",
    "merge_cases",
    "note_cause_gone",
    "open_case",
    "open_cases",
    "publish_escalation",
    "resolve_case",
    "resume_cases",
    "set_clocks",
    "set_priority",
    "take_case",
    "wait_case",
    "wake_answered",
    "wake_due",
    "watch_case",
]
