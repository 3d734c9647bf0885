"""Operations is told of contracts that end 60, 30 and 7 days ahead, once each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import Role
from apps.core import clock
from apps.notifications.models import StaffNotice
from apps.orchestration.contract_calendar import announce_endings
from tests.driving import work_it_off
from tests.factories import ChannelFactory, UserFactory

pytestmark = pytest.mark.django_db
ENDS = datetime(2027, 1, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fairs(settings: Settings) -> None:
    settings.CHANNEL_ADAPTER_PACKAGES = ["tests.channels.fairs"]


def told(monkeypatch: pytest.MonkeyPatch, days_ahead: int) -> list[str]:
    """Of all notices so far, after beat has looked so many days before the end."""
    monkeypatch.setattr(clock, "now", lambda: ENDS - timedelta(days=days_ahead))
    announce_endings()
    work_it_off()
    return list(StaffNotice.objects.filter(kind="contract").order_by("pk").values_list("text", flat=True))


def test_operations_is_told_three_times_and_nobody_else(monkeypatch: pytest.MonkeyPatch):
    ChannelFactory(code="fair", kind="fair", name="The Fair")
    operations = UserFactory(role=Role.OPERATIONS)
    UserFactory(role=Role.AGENT)

    counts = [len(told(monkeypatch, ahead)) for ahead in (61, 60, 59, 31, 30, 8, 7, 7, 1, -1)]

    assert counts == [0, 1, 1, 1, 2, 2, 3, 3, 3, 3]
    assert set(StaffNotice.objects.values_list("user", flat=True)) == {operations.pk}
    assert StaffNotice.objects.first().text == "Fair v1 ends on 15 Jan 2027: Orders are no longer listed."
    assert StaffNotice.objects.first().link == reverse("console:channel_calendar")


def test_one_that_nobody_uses_is_not_announced(monkeypatch: pytest.MonkeyPatch):
    ChannelFactory(code="fair", kind="fair", active=False)
    UserFactory(role=Role.OPERATIONS)

    assert told(monkeypatch, 7) == []


def test_connected_late_it_is_told_the_mark_that_was_passed_last(monkeypatch: pytest.MonkeyPatch):
    UserFactory(role=Role.OPERATIONS)
    told(monkeypatch, 60)
    ChannelFactory(code="fair", kind="fair")

    assert len(told(monkeypatch, 20)) == 1
