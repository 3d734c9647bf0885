"""The page behind the link in a purchase order: for a vendor who has no login here, and wants none.

Opening it changes nothing, because mail programs open links by themselves; only a button does. It shows the goods and never the
customer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.api.throttling import WINDOW_S, count_in_minute
from apps.console.refusals import refusal_text
from apps.core.client_address import remote_of
from apps.core.errors import DomainError, NotFound
from apps.core.text import Text
from apps.core.transactions import in_transaction
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from apps.fulfillment.states import GIVEN_UP, FulfillmentState, RejectReason
from apps.integrations.framework.base import Callback, GoodsLeft, ReportedParcel, TakenOn, TurnedDown
from apps.integrations.reply_links import opened_by
from apps.integrations.services import handle_callback
from apps.ui.language import choices

MOST_IN_A_MINUTE = 60
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class ReplyIncomplete(DomainError):
    code = "reply_incomplete"
    message = "Nothing was saved: {problem}."


def _throttled(view: View[P]) -> View[P]:
    """Whoever tries link after link is slowed down by address, before any of them is looked at."""

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if count_in_minute(f"replies:{remote_of(request)}") > MOST_IN_A_MINUTE:
            answer = render(request, "console/slow_down.html", status=429)
            answer.headers["Retry-After"] = str(WINDOW_S)
            return answer
        answer = view(request, *args, **kwargs)
        # The address is the key: it is given to no other site.
        answer.headers["Referrer-Policy"] = "same-origin"
        return answer

    return door


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_throttled
def reply(request: HttpRequest, ref: str, signature: str) -> HttpResponse:
    try:
        partner, row = opened_by(ref, signature)
    except NotFound as error:
        raise Http404(refusal_text(error)) from error
    if request.method != "POST":
        return _page(request, row)
    try:
        callback = _said(row, request.POST)
        in_transaction(lambda: handle_callback(partner, callback))
    except DomainError as error:
        return _page(request, row, refusal_text(error))
    return redirect(request.path)


def _page(request: HttpRequest, row: FulfillmentOrder, problem: str = "") -> HttpResponse:
    off = row.called_off or row.state in GIVEN_UP
    context = {
        "fulfillment_order": row,
        "lines": FulfillmentLine.objects.filter(fulfillment_order=row, quantity__gt=0).select_related(
            "sku", "order_line"
        ),
        "shipments": Shipment.objects.filter(fulfillment_order=row).prefetch_related("packages").order_by("pk"),
        "reasons": choices(RejectReason.choices),
        "problem": problem,
        "off": off,
        "gone": row.state in (FulfillmentState.SHIPPED, FulfillmentState.DELIVERED),
        "unanswered": row.state == FulfillmentState.OPEN and not off,
    }
    return render(request, "console/replies/page.html", context, status=409 if problem else 200)


def _said(row: FulfillmentOrder, form: Mapping[str, str]) -> Callback:
    """What the button means. Raises ReplyIncomplete."""
    reference = row.partner_reference or row.public_id
    answer = form.get("answer", "")
    if answer == "accept":
        return TakenOn(row.public_id, reference)
    if answer == "refuse":
        reason = form.get("reason", "")
        if reason not in RejectReason.values:
            raise ReplyIncomplete(problem=Text("choose why"))
        return TurnedDown(row.public_id, reason)
    if answer == "ship":
        return _shipped(row, reference, form)
    raise ReplyIncomplete(problem=Text("choose what to say"))


def _shipped(row: FulfillmentOrder, reference: str, form: Mapping[str, str]) -> GoodsLeft:
    number, carrier = (" ".join(form.get(name, "").split()) for name in ("tracking", "carrier"))
    if not number or not carrier or len(number) > 128 or len(carrier) > 64 or not (number + carrier).isprintable():
        raise ReplyIncomplete(problem=Text("enter the carrier and the tracking number"))
    # One shipment, whole: the button pressed twice reports it once.
    parcel = ReportedParcel(number, "", 0, ())
    return GoodsLeft(row.public_id, reference, f"{row.public_id}-1", carrier, "", (parcel,))
