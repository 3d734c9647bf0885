"""What is secret can't be guessed letter by letter through the lists of the configuration screens or the API."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldError
from django.db import models
from django.test import RequestFactory
from django.urls import reverse

from apps.accounts.adminbase import Guarded
from apps.accounts.models import ApiKey, Role, User
from apps.api.urls import urlpatterns
from apps.channels.models import Channel
from apps.core.secrets import Hidden, leads_to_hidden
from apps.integrations.models import Partner
from apps.webhooks.models import WebhookEndpoint
from tests.api.front_door import Door
from tests.console.conftest import LogIn
from tests.factories import UserFactory, make_key

pytestmark = pytest.mark.django_db
# How fields that hold secrets are called, in our models and in those of libraries.
SOUNDS_SECRET = re.compile(r"password|secret|token|^hash$|api_key|session_(key|data)$|^key$")
# Named so, and none: what a caller calls a repeat by, how many attempts a node has left, what a network is recognized by.
NOT_SECRET = {"core.idempotencyrecord.key", "outbound.breaker.retry_tokens", "routing.networksnapshot.hash"}
OTHERS_SECRETS = {"sessions.session", "otp_totp.totpdevice", "otp_static.statictoken"}
LOOKUPS = ["", "__exact", "__startswith", "__contains", "__regex", "__gt", "__in", "__isnull", "__iexact", "__range"]
DEEPEST = 2


def screens() -> list[type[models.Model]]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def is_secret(field: models.Field) -> bool:
    label = f"{field.model._meta.label_lower}.{field.name}"
    return isinstance(field, Hidden) or (bool(SOUNDS_SECRET.search(field.name)) and label not in NOT_SECRET)


def paths_to_secrets(model: type[models.Model], before: str = "", deep: int = 0) -> Iterator[str]:
    """Every way from the model to a secret field, over relations in both directions."""
    for field in model._meta.get_fields():
        path = before + field.name
        if field.is_relation:
            if field.related_model and deep < DEEPEST and not isinstance(field.related_model, str):
                yield from paths_to_secrets(field.related_model, f"{path}__", deep + 1)
        elif is_secret(field):
            yield path


def test_every_field_that_sounds_secret_in_our_models_is_a_hidden_one():
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    open_ones = [
        f"{model._meta.label}.{field.name}"
        for model in ours
        for field in model._meta.concrete_fields
        if is_secret(field)
        and not isinstance(field, Hidden)
        and field.get_internal_type() in ("CharField", "TextField")
    ]

    assert open_ones == []


def test_no_library_keeps_secrets_this_test_does_not_know_of():
    theirs = {
        model._meta.label_lower
        for model in apps.get_models()
        if not model.__module__.startswith("apps.") and any(map(is_secret, model._meta.concrete_fields))
    }

    assert theirs <= OTHERS_SECRETS


@pytest.mark.parametrize("model", screens(), ids=lambda model: model._meta.label)
def test_no_list_is_filtered_by_a_secret_however_far_away(model: type[models.Model]):
    shown = admin.site._registry[model]
    request = RequestFactory().get("/")
    request.user = UserFactory(role=Role.ADMIN, is_superuser=True)

    let_through = [
        path + lookup
        for path in paths_to_secrets(model)
        for lookup in LOOKUPS
        if shown.lookup_allowed(path + lookup, "a", request)
    ]

    assert isinstance(shown, Guarded)
    assert let_through == []


@pytest.mark.parametrize("model", screens(), ids=lambda model: model._meta.label)
def test_no_list_shows_searches_or_is_sorted_by_a_secret(model: type[models.Model]):
    shown = admin.site._registry[model]
    names = [
        *shown.list_display, *shown.search_fields, *(shown.ordering or ()), *shown.list_filter, *(shown.sortable_by or ()),
        shown.date_hierarchy or "",
    ]  # fmt: skip

    assert [name for name in names if isinstance(name, str) and leads_to_hidden(model, name.lstrip("-^=@"))] == []


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (Channel, "secret__startswith"),
        (Channel, "api_secret__regex"),
        (Channel, "previous_secret__isnull"),
        (Partner, "token__contains"),
        (WebhookEndpoint, "secret__gt"),
        (User, "password__startswith"),
        (ApiKey, "hash__startswith"),
        (ApiKey, "hash"),
        (ApiKey, "owner__password__startswith"),
        (Channel, "name__startswith"),
        (User, "email__startswith"),
    ],
)
def test_the_screens_answer_such_an_address_with_400(log_in: LogIn, model: type[models.Model], lookup: str):
    client = log_in(Role.ADMIN, is_superuser=True)
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

    assert client.get(page, {lookup: "a"}).status_code == 400
    assert client.get(page).status_code == 200


def test_a_list_is_still_filtered_by_what_it_offers(log_in: LogIn):
    client = log_in(Role.ADMIN)

    assert client.get(reverse("admin:channels_channel_changelist"), {"kind__exact": "csv"}).status_code == 200
    assert client.get(reverse("admin:network_carrierservice_changelist"), {"carrier__id__exact": 1}).status_code == 200
    beyond = {"carrier__code__startswith": "a"}
    assert client.get(reverse("admin:network_carrierservice_changelist"), beyond).status_code == 400


def test_a_row_is_not_referred_to_by_a_secret(log_in: LogIn):
    client = log_in(Role.ADMIN, is_superuser=True)

    assert client.get(reverse("admin:channels_channel_changelist"), {"_to_field": "secret"}).status_code == 400


def test_the_database_is_not_asked_for_a_secret_by_anything():
    for lookup in ("secret", "secret__startswith", "secret__in", "api_key__contains", "api_secret__gt"):
        with pytest.raises(FieldError):
            Channel.objects.filter(**{lookup: "a"})
    with pytest.raises(FieldError):
        User.objects.filter(password__startswith="a")


@pytest.mark.parametrize("address", [str(one.pattern) for one in urlpatterns if "<" not in str(one.pattern)][:-1])
@pytest.mark.parametrize(
    "name", ["secret__startswith", "token", "hash__regex", "channel__secret__startswith", "ordering"]
)
def test_no_list_of_the_api_takes_a_secret_for_a_filter(address: str, name: str):
    door = Door(make_key())
    if door.get(address).status_code != 200:
        return

    assert door.get(f"{address}?{name}=a").status_code == 400
    assert door.get(f"{address}?sort=secret").status_code == 400
