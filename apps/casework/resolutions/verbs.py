"""Every verb that changes money or a promise: the services that do it, the entry points that reach it beside its case, the row of the
table of limits it falls under; and for all other entry points and services why they need none. A test compares this with the addresses
and the services there are, so that a new one is placed here before it passes.

An entry point is a page's button (``console:`` and its name), an operation of the API (``api:`` with view and method) or a command
(``shell:``). A name that ends in ``*`` stands for all that begin so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.casework.resolutions.registry import RESOLUTIONS

# What reaches every verb that fits a case: chosen there, in a list, or by a rule of the table.
CASE_DOORS = ("console:case_choose", "console:cases_bulk", "api:ChooseResolution.POST")


@dataclass(frozen=True, slots=True)
class Verb:
    """``code``: its row in the table of limits. ``services``: what does it, as ``app.service``."""

    code: str
    services: tuple[str, ...]
    doors: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return RESOLUTIONS[self.code].label


_VERBS = (
    Verb(
        "cancel_order",
        ("fulfillment.call_off_order", "orders.cancel_order", "orders.cancel_rest"),
        ("console:order_cancel", "api:Cancel.POST"),
    ),
    Verb("cancel_lines", ("fulfillment.call_off_lines", "orders.cancel_lines")),
    Verb(
        "release_hold",
        ("orders.release_hold", "orders.release_holds"),
        ("console:order_release", "api:ReleaseHold.POST"),
    ),
    Verb("accept_price", ("orders.accept_price",), ("console:order_release", "api:ReleaseHold.POST")),
    Verb("charge_lines", ("orders.charge_lines",)),
    Verb("change_promise", ("orders.amend_order",), ("api:OneOrder.PATCH",)),
    Verb("fix_address", ("orders.correct_address",)),
    Verb("map_sku", ("catalog.map_code",)),
    Verb("choose_node", ("routing.instruct_routing",)),
    Verb("split", ("routing.instruct_routing",)),
    Verb("partial_ship", ("routing.instruct_routing",)),
    Verb("backorder", ("routing.instruct_routing",)),
    Verb("move_orders", ("fulfillment.reject_fulfillment_order",)),
    Verb("substitute", ("fulfillment.substitute_line", "orders.replace_units")),
    Verb(
        "count_level",
        ("inventory.count_stock", "inventory.book_stock_work"),
        ("console:stock_book", "api:CountLevels.POST"),
    ),
    Verb(
        "confirm_not_received",
        ("integrations.confirm_not_received",),
        ("console:partner_not_received",),
    ),
    Verb("undone_by_hand", ("compensation.settle_by_hand",)),
    Verb(
        "read_again",
        (),
        (
            "console:inbox_replay",
            "console:inbox_replay_all",
            "console:replay_start",
            "api:Replay.POST",
            "api:ReplayKind.POST",
        ),
    ),
    Verb("send_stock_again", ()),
    Verb("not_sold_here", ()),
    Verb("choose_store", ("orders.choose_pickup_store",)),
    # Instructions about goods that are out of our hands, and questions to the customer.
    Verb("ask_customer", ()),
    Verb("call_customer", ()),
    Verb("intercept_parcel", ()),
    Verb("await_return", ()),
    Verb("resend_goods", ()),
    Verb("instruct_refund", ()),
    Verb(
        "retry_step",
        (),
        ("console:parked_retry", "console:parked_retry_all", "api:ReplayDeadLetters.POST"),
    ),
    Verb(
        "handled_outside",
        (),
        ("console:case_resolve", "console:cases_bulk", "api:ResolveCase.POST"),
    ),
    Verb("merge", (), ("console:case_merge", "api:MergeCases.POST")),
    Verb("wait", (), ("console:case_snooze", "console:cases_bulk", "api:WaitCase.POST")),
)
VERBS: Mapping[str, Verb] = {verb.code: verb for verb in _VERBS}

_NODE = "the node's own work on what it was given; where goods come from after a no, routing decides"
_SOURCE = "what a source says of its own orders"
_CASE = "who works on a case, and what they say about it"
_DECIDES = "goes by the approval policy"
_BACK = "takes back what has not been done"
_SETUP = "sets something up for what comes later, under a scope of its own"
_LOOK = "reads, or keeps what one person likes to see"
HARMLESS_DOORS: Mapping[str, str] = {
    "console:order_hold": "blocks, and costs nothing",
    "api:Holds.POST": "blocks, and costs nothing",
    "console:decision_replay": _LOOK,
    "console:case_undo": _BACK,
    "console:cases_bulk_undo": _BACK,
    "api:UndoAction.POST": _BACK,
    "console:replay_stop": _BACK,
    "api:StopReplay.POST": _BACK,
    "console:redrive_stop": _BACK,
    "api:StopRedrive.POST": _BACK,
    "console:case_acknowledge": _CASE,
    "console:case_take": _CASE,
    "console:case_assign": _CASE,
    "console:case_comment": _CASE,
    "console:case_presence": _LOOK,
    "api:OneCase.PATCH": _CASE,
    "api:Comments.POST": _CASE,
    "api:AcknowledgeCase.POST": _CASE,
    "api:ResumeCase.POST": _CASE,
    "api:LinkCases.POST": _CASE,
    "api:PreviewResolution.POST": _LOOK,
    "console:approval_decide": _DECIDES,
    "console:approvals_bulk": _DECIDES,
    "api:DecideApproval.POST": _DECIDES,
    "console:approval_withdraw": _BACK,
    "api:WithdrawApproval.POST": _BACK,
    "console:fulfillment_work": _NODE,
    "api:Accept.POST": _NODE,
    "api:Reject.POST": _NODE,
    "api:Pick.POST": _NODE,
    "api:Pack.POST": _NODE,
    "api:Ship.POST": _NODE,
    "api:Shipments.POST": _NODE,
    "api:Delivered.POST": _NODE,
    "api:Failed.POST": _NODE,
    "console:partner_received": "says that a partner has it, so that it is not sent again",
    "console:stock_preview": _LOOK,
    "console:channel_stock_send": "says once more what the channel should show",
    "console:channel_stock_read": _LOOK,
    "console:stock_rule_*": _SETUP,
    "api:Orders.POST": _SOURCE,
    "api:Sales.POST": _SOURCE,
    "api:Returns.POST": _SOURCE,
    "api:BulkOrders.POST": _SOURCE,
    "api:Uploads.POST": _SOURCE,
    "api:UpsertSkus.POST": _SETUP,
    "api:OneNode.PATCH": _SETUP,
    "api:StockRules.PUT": _SETUP,
    "api:DropStockRule.POST": _SETUP,
    "api:PreviewStockRule.POST": _LOOK,
    "api:ResendStock.POST": "says once more what the channel should show",
    "api:ReadStock.POST": _LOOK,
    "api:Downtimes.POST": _SETUP,
    "api:Policies.POST": _SETUP,
    "api:Endpoints.POST": _SETUP,
    "api:OneEndpoint.PATCH": _SETUP,
    "api:OneEndpoint.DELETE": _SETUP,
    "api:RotateSecret.POST": _SETUP,
    "console:channel_*": _SETUP,
    "console:partner_prove": _LOOK,
    "console:partner_ask": _LOOK,
    "api:ProvePartner.POST": _LOOK,
    "api:PauseChannel.POST": _SETUP,
    "api:ResumeChannel.POST": _SETUP,
    "api:ReconcileChannel.POST": _SETUP,
    "api:CheckChannel.POST": _SETUP,
    "api:Channels.POST": _SETUP,
    "api:ChannelCredentials.PUT": _SETUP,
    "api:ChannelWebhooks.POST": _SETUP,
    "api:RotateChannelSecret.POST": _SETUP,
    "api:ChannelHolding.POST": _SETUP,
    "api:LeaveChannelStep.POST": _SETUP,
    "api:ChannelLive.POST": _SETUP,
    "api:GiveUpChannel.POST": _SETUP,
    "api:PlaceTestOrder.POST": "is cancelled before anything else happens to it",
    "api:TryMapping.POST": _LOOK,
    "api:ProposeMapping.POST": _DECIDES,
    "api:RollBackMapping.POST": _DECIDES,
    "api:ReplayDeliveries.POST": "tells other systems once more what has happened",
    "console:catalog_*": _SETUP,
    "api:CatalogImports.POST": _SETUP,
    "api:MatchListing.POST": _SETUP,
    "api:MergeSkus.POST": "only of a SKU that never stood in an order and was never kept in stock",
    "api:ApplyImport.POST": "takes in what a preview has shown; stock only where nothing was ever counted",
    "api:ResumeImport.POST": _SETUP,
    "api:DropImport.POST": _SETUP,
    "api:OnePlace.PATCH": _SETUP,
    "api:FieldOwners.PATCH": _SETUP,
    "console:sla_*": _SETUP,
    "console:limits_*": _SETUP,
    "console:mapping_*": _SETUP,
    "console:drift_accept": _SETUP,
    "api:AcceptDrift.POST": _SETUP,
    "console:policy_*": _SETUP,
    "console:import_*": _SOURCE,
    "console:mail_*": _SETUP,
    "console:me_*": _LOOK,
    "console:notices_*": _LOOK,
    "console:view_*": _LOOK,
    "shell:*": "run by whoever runs the servers, and none of them touches an order",
}

_STEP = "a step of the order's own way, asked for by what has happened and by nobody"
_READS = "reads"
_OWN = "a channel's or partner's own word"
FREE_SERVICES: Mapping[str, str] = {
    **dict.fromkeys(("orders.place_hold", "orders.place_holds"), "blocks, and costs nothing"),
    **dict.fromkeys(
        ("integrations.fetch_updates", "integrations.request_updates", "integrations.request_updates_of"),
        "what a partner says of its own work, as by its callbacks",
    ),
    **dict.fromkeys(
        (
            "orders.accept_order",
            "orders.accept_orders",
            "orders.record_sales",
            "orders.revise_order",
            "orders.units_taken_off",
            "inventory.hand_over",
        ),
        _OWN,
    ),
    **dict.fromkeys(
        (
            "orders.mark_*",
            "orders.check_again",
            "orders.learn_habits",
            "fulfillment.follow_orders",
            "orders.recheck_orders",
            "orders.recheck_understood",
            "orders.unroute_orders",
            "orders.validate_orders",
        ),
        _STEP,
    ),
    **dict.fromkeys(
        (
            "orders.doubts_of",
            "orders.is_*",
            "orders.preference_of",
            "orders.price_of_substitute",
            "orders.refuse_undeliverable",
            "orders.says_the_same",
        ),
        _READS,
    ),
    **dict.fromkeys(
        (
            "fulfillment.accept_*",
            "fulfillment.pick_*",
            "fulfillment.pack_*",
            "fulfillment.ship_*",
            "fulfillment.deliver_*",
        ),
        _NODE,
    ),
    **dict.fromkeys(
        (
            "fulfillment.fail_delivery",
            "fulfillment.cancel_fulfillment_order",
            "fulfillment.note_*",
            "fulfillment.record_*",
        ),
        _OWN,
    ),
    **dict.fromkeys(
        ("fulfillment.create_*", "fulfillment.issue_goods", "fulfillment.stop_units", "fulfillment.wake_waiting"), _STEP
    ),
    "fulfillment.allowed_transitions": _READS,
    "routing.planning_inputs": _READS,
    "routing.publish_policy": _SETUP,
    "routing.route_orders": _STEP,
    **dict.fromkeys(("inventory.fingerprint_of", "inventory.plan_stock_work"), _READS),
    **dict.fromkeys(
        (
            "inventory.allocate_reservations",
            "inventory.claim_stock",
            "inventory.consume_reservations",
            "inventory.cover_first",
            "inventory.cut_reservation",
            "inventory.fill_backorders",
            "inventory.post_shipped",
            "inventory.release_reservations",
            "inventory.reserve_stock",
            "inventory.write_off_claims",
        ),
        _STEP,
    ),
    **dict.fromkeys(
        ("integrations.ask_to_cancel", "integrations.recall", "integrations.submit", "integrations.withdraw"), _STEP
    ),
    **dict.fromkeys(("integrations.confirm_received", "integrations.handle_callback"), _OWN),
    "integrations.ever_sent": _READS,
    **dict.fromkeys(("compensation.attempt_effect", "compensation.want_compensation"), _STEP),
    **dict.fromkeys(
        (
            "compensation.compensate_effects",
            "compensation.confirm_effects",
            "compensation.give_up_compensation",
            "compensation.note_failure",
        ),
        _OWN,
    ),
    "catalog.upsert_skus": _SETUP,
    "network.*": _SETUP,
}


def is_listed(name: str, listed: Mapping[str, str]) -> bool:
    """Whether an entry point or a service stands in the list, by its name or by the beginning that a ``*`` stands for."""
    return name in listed or any(key.endswith("*") and name.startswith(key[:-1]) for key in listed)
