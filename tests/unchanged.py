"""A refusal is one only if nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import transaction

from apps.core.errors import DomainError


@contextmanager
def refused(why: type[DomainError]) -> Iterator[pytest.ExceptionInfo[DomainError]]:
    """What is done in here is refused for this reason, and every row of the product is as it was before."""
    before, savepoint = _rows(), transaction.savepoint()
    with pytest.raises(why) as refusal:
        yield refusal
    # Where a service says that its caller ends here. Of others nothing is taken back: what they left behind is to be seen.
    if transaction.get_rollback():
        transaction.set_rollback(False)
        transaction.savepoint_rollback(savepoint)
    assert _changed(before) == []


@contextmanager
def nothing_changes() -> Iterator[None]:
    """What is done in here leaves every row of the product as it was: no event, no history, no new version."""
    before = _rows()
    yield
    assert _changed(before) == []


def _rows() -> dict[str, list[dict[str, object]]]:
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in ours}


def _changed(before: dict[str, list[dict[str, object]]]) -> list[str]:
    return [label for label, rows in _rows().items() if rows != before[label]]
