"""What the nodes have in hand."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.casework.resolutions.direct.cases import send_again_by_rule
from apps.console.orders.goods import goods_of
from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.visibility import fulfillment_for, fulfillment_or_404, nodes_for
from apps.core.ids import new_id
from apps.core.transactions import in_transaction
from apps.fulfillment import services
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import Parcel, allowed_transitions
from apps.fulfillment.states import FulfillmentState, RejectReason
from apps.integrations.selectors import is_in_doubt
from apps.integrations.services import confirm_received
from apps.network.models import Carrier, NodeKind
from apps.orders.selectors import held_order_ids
from apps.ui.language import choices, translated
from apps.ui.paging import sheet, whole

WORKING = (FulfillmentState.OPEN, FulfillmentState.ACCEPTED, FulfillmentState.PICKED, FulfillmentState.PACKED)
# Who may say what a partner said: whoever may start again what stopped.
CONFIRM_SCOPE = "steps:retry"
LONGEST_REFERENCE = 128
OUTSIDE = (NodeKind.THIRD_PARTY, NodeKind.DROPSHIP)


@page("fulfillment:read")
def fulfillment(request: StaffRequest) -> HttpResponse:
    """Fulfillment orders by node and state; the work still to be done unless asked otherwise."""
    visible = fulfillment_for(request.caller)
    node, state = request.GET.get("node", ""), request.GET.get("state", "")
    rows = visible.filter(node__code=node) if node else visible
    counts = _counts(rows)
    rows = rows.filter(state=state) if state in FulfillmentState.values else rows.filter(state__in=WORKING)
    found = sheet(rows.select_related("order", "node"), request.GET)
    context = {
        "sheet": found,
        "units": _units(found.rows),
        "held": held_order_ids([row.order_id for row in found.rows]),
        "node": node,
        "nodes": nodes_for(request.caller),
        "state": state if state in FulfillmentState.values else "",
        "states": [(value, label, counts.get(value, 0)) for value, label in choices(FulfillmentState.choices)],
        "working": sum(counts.get(value, 0) for value in WORKING),
    }
    return render(request, "console/fulfillment/page.html", context)


def _counts(rows: QuerySet[FulfillmentOrder]) -> dict[str, int]:
    return dict(rows.order_by().values_list("state").annotate(count=Count("pk")))


def _units(rows: list[FulfillmentOrder]) -> dict[int, int]:
    lines = FulfillmentLine.objects.filter(fulfillment_order__in=rows).order_by().values_list("fulfillment_order_id")
    return dict(lines.annotate(units=Sum("quantity")))


@page("fulfillment:read")
def fulfillment_order(request: StaffRequest, ref: str) -> HttpResponse:
    row = fulfillment_or_404(request.caller, ref)
    goods = next(one for one in goods_of(row.order) if one.row.pk == row.pk)
    may_write = "fulfillment:write" in request.caller.scopes
    context = {
        "goods": goods,
        "row": row,
        "verbs": allowed_transitions(row) if may_write else [],
        "outside": row.node.kind in OUTSIDE,
        "held": bool(held_order_ids([row.order_id])),
        "asked_of_partner": is_in_doubt(row) and CONFIRM_SCOPE in request.caller.scopes,
        "reject_reasons": choices(RejectReason.choices),
        "carriers": Carrier.objects.order_by("name").values_list("code", "name"),
        "shipment_id": new_id("cns"),
    }
    return render(request, "console/fulfillment/one.html", context)


@action("fulfillment:write")
def work(request: StaffRequest, ref: str, verb: str) -> HttpResponse:
    """Accept, reject, pick, pack or ship, by the service of that name."""
    row = fulfillment_or_404(request.caller, ref)
    if verb not in _VERBS:
        raise Http404(_("There is no such action."))
    do, said = _VERBS[verb]
    in_transaction(lambda: do(request, row.pk))
    messages.success(request, translated(said).format(node=row.node.name))
    return back(request, reverse("console:fulfillment_order", args=[ref]))


def _accept(request: StaffRequest, pk: int) -> object:
    return services.accept_fulfillment_order(pk, actor=request.caller.actor)


def _reject(request: StaffRequest, pk: int) -> object:
    reason = request.POST.get("reason", "")
    if reason not in RejectReason.values:
        raise FormIncomplete(problem=_("Choose why it is rejected."))
    note = request.POST.get("note", "").strip()
    # The boxes stand in the form whatever reason is chosen in the end.
    ticked = request.POST.getlist("absent") if reason == RejectReason.NO_STOCK else []
    absent = [line for line in map(whole, ticked) if line]
    return services.reject_fulfillment_order(pk, reason=reason, note=note, absent=absent, actor=request.caller.actor)


def _pick(request: StaffRequest, pk: int) -> object:
    """``missing-<line>`` fields name the units that could not be found."""
    missing = {}
    for name, text in request.POST.items():
        line = whole(name.removeprefix("missing-")) if name.startswith("missing-") else None
        units = whole(str(text))
        if line and units:
            missing[line] = units
    return services.pick_fulfillment_order(pk, missing=missing, actor=request.caller.actor)


def _pack(request: StaffRequest, pk: int) -> object:
    return services.pack_fulfillment_order(pk, actor=request.caller.actor)


def _ship(request: StaffRequest, pk: int) -> object:
    """One parcel with all that is left. The form carries the shipment's id, so that sending it twice ships once."""
    parcel = Parcel(tracking_number=request.POST.get("tracking", "").strip()[:128])
    return services.ship_fulfillment_order(
        pk,
        external_id=request.POST.get("shipment", "")[:128] or new_id("cns"),
        parcels=[parcel],
        carrier=request.POST.get("carrier", "").strip()[:64],
        actor=request.caller.actor,
    )


_VERBS: dict[str, tuple[Callable[[StaffRequest, int], object], str]] = {
    "accept": (_accept, gettext_noop("{node}: accepted.")),
    "reject": (_reject, gettext_noop("{node}: rejected; its lines are routed elsewhere.")),
    "pick": (_pick, gettext_noop("{node}: picked.")),
    "pack": (_pack, gettext_noop("{node}: packed.")),
    "ship": (_ship, gettext_noop("{node}: shipped.")),
}


@action(CONFIRM_SCOPE)
def confirm(request: StaffRequest, ref: str, answer: str) -> HttpResponse:
    """What the partner said on the phone about a fulfillment order whose arrival is in doubt."""
    row = fulfillment_or_404(request.caller, ref)
    actor = request.caller.actor
    if answer == "received":
        reference = request.POST.get("reference", "").strip()[:LONGEST_REFERENCE]
        in_transaction(lambda: confirm_received(row.pk, reference=reference, actor=actor))
        messages.success(request, _("{node} has it; it is not sent again.").format(node=row.node.name))
    else:
        in_transaction(lambda: send_again_by_rule(row, caller=request.caller))
        messages.success(request, _("{node} never got it; it is sent again.").format(node=row.node.name))
    return back(request, reverse("console:fulfillment_order", args=[ref]))
