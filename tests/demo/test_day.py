"""The demo's day of trouble: enough of every kind to try the product on, and each thing at its hour."""

from __future__ import annotations

from datetime import datetime

import pytest

from apps.accounts.models import Role, User
from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.casework.states import STANDING
from apps.core.models import Event
from apps.demo.day import live_through_the_day
from apps.demo.seeding import seed_shop
from apps.sla.models import SlaTimer

pytestmark = pytest.mark.django_db


def test_a_day_leaves_trouble_of_every_kind_to_its_people_and_tells_each_breach_at_its_hour():
    seed_shop()

    assert live_through_the_day(lambda done, total: None)

    standing = ExceptionCase.objects.filter(state__in=STANDING)
    assert standing.count() >= 60
    assert standing.values("type").distinct().count() >= 12
    assert ApprovalRequest.objects.filter(state="pending").count() >= 8
    people = set(User.objects.filter(is_staff=True).values_list("role", flat=True))
    assert people >= {Role.AGENT, Role.LEAD, Role.MANAGER, Role.OPERATIONS}
    breaches = list(Event.objects.filter(name="sla.breached"))
    assert len(breaches) >= 20
    assert not [one for one in breaches if one.recorded_at < datetime.fromisoformat(one.data["due_at"])]
    assert SlaTimer.objects.filter(warned_at__isnull=False, breached_at__isnull=True, state="running").exists()
    assert not live_through_the_day(lambda done, total: None), "once is enough"
