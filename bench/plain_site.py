"""The site of ``bench.plain``: settings, models and one view in a file. Run as a program, it makes the tables."""

from __future__ import annotations

import json
import os
import sys
from types import ModuleType
from typing import Any

import django
from django.apps import AppConfig
from django.conf import settings

from orchestrator import env

PACKAGE = "bench_plain_app"
module = ModuleType(PACKAGE)
module.__path__ = [os.path.dirname(__file__)]
sys.modules[PACKAGE] = module


class Plain(AppConfig):
    name, label = PACKAGE, "plain"


module.Plain = Plain  # type: ignore[attr-defined]
settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[f"{PACKAGE}.Plain"],
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            **env.database(os.environ["PLAIN_DATABASE"]),
            "OPTIONS": {"pool": True},
        }
    },
)
django.setup()

from django.db import connection, models, transaction  # noqa: E402
from django.db.models import F  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Order(models.Model):
    external_id = models.CharField(max_length=64, unique=True)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, default="accepted", db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "plain"


class Contact(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    data = models.JSONField()

    class Meta:
        app_label = "plain"


class Level(models.Model):
    sku = models.CharField(max_length=64, unique=True)
    on_hand = models.IntegerField()
    reserved = models.IntegerField(default=0)

    class Meta:
        app_label = "plain"


class Line(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    level = models.ForeignKey(Level, on_delete=models.PROTECT)
    quantity = models.IntegerField()
    price_minor = models.IntegerField()

    class Meta:
        app_label = "plain"


class Claim(models.Model):
    line = models.ForeignKey(Line, on_delete=models.CASCADE)
    level = models.ForeignKey(Level, on_delete=models.PROTECT)
    quantity = models.IntegerField()

    class Meta:
        app_label = "plain"


class Movement(models.Model):
    level = models.ForeignKey(Level, on_delete=models.PROTECT)
    delta = models.IntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "plain"


class Event(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    name = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "plain"


MODELS = (Order, Contact, Level, Line, Claim, Movement, Event)


@transaction.atomic
def take(request: HttpRequest) -> JsonResponse:
    body: dict[str, Any] = json.loads(request.body)
    order = Order.objects.create(external_id=body["external_id"], currency=body["currency"])
    for contact in (body["shipping_address"], body["customer"]):
        Contact.objects.create(order=order, data=contact)
    for one in body["lines"]:
        level = Level.objects.select_for_update().get(sku=one["sku"])
        line = Line.objects.create(order=order, level=level, quantity=one["quantity"], price_minor=1)
        Claim.objects.create(line=line, level=level, quantity=line.quantity)
        Movement.objects.create(level=level, delta=line.quantity)
        Level.objects.filter(pk=level.pk).update(reserved=F("reserved") + line.quantity)
    Event.objects.create(order=order, name="order.accepted")
    return JsonResponse({"id": order.pk}, status=201)


urlpatterns = [path("orders", take)]


if __name__ == "__main__":
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    Level.objects.bulk_create(Level(sku=f"B-{n:04}", on_hand=10**6) for n in range(200))
else:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
