"""The invariants, as one assertion for tests that break something."""

from apps.orchestration.invariants import check


def assert_invariants(*, limbo_s: int = 0, canary: str = "Canary") -> None:
    """Every invariant holds now. ``limbo_s`` 0: not even a moment's limbo is excused, so let the queue empty first."""
    report = check(limbo_s=limbo_s, canary=canary)
    assert report.healthy, report.offenders
