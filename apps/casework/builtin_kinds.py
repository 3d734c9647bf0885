"""The kinds of cases that casework starts with: where each goes, how fast it wants an answer, why it happens, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from apps.casework.states import CaseType, Severity

T, S = CaseType, Severity
ORDERS, PAYMENTS, STOCK, PARTNERS, LATE, SYSTEM = "orders", "payments", "stock", "partners", "late", "system"

# (code, name, what belongs there), from left to right.
QUEUES = (
    (ORDERS, "Addresses & orders", "What is wrong with the order itself: address, SKU, price, quantity."),
    (PAYMENTS, "Payments & fraud", "Money that has not come, and orders that look risky."),
    (STOCK, "Stock", "Not there, not enough, promised twice, or counted wrong."),
    (PARTNERS, "Partners & carriers", "What partners refuse, keep silent about, or ship all the same."),
    (LATE, "Late & promises", "Promises in danger, promises missed, and work that piles up."),
    (SYSTEM, "System", "Messages nobody could read and jobs that failed."),
)

# Reasons that fit every kind.
ALWAYS = ("no_problem", "other")


@dataclass(frozen=True, slots=True)
class BuiltInKind:
    """A built-in kind. ``response`` and ``resolution`` in minutes; ``reasons``: why it happened, to choose from at the end."""

    code: CaseType
    queue: str
    severity: Severity
    response: int
    resolution: int
    reasons: str
    playbook: tuple[str, ...]


BUILT_IN = (
    # the order itself
    BuiltInKind(
        T.ADDRESS_INVALID, ORDERS, S.MEDIUM, 60, 480, "customer_typo missing_house_number wrong_postal_code not_served",
        (
            "Compare the address with the postal code and the town: most are one letter or one digit off.",
            "Where you are sure, correct it; the order is checked again and goes on. Where you are not, ask the customer and let the case wait for the answer.",
            "Never guess a house number. Where we don't deliver to the place at all, cancel and say so.",
        ),
    ),
    BuiltInKind(
        T.PICKUP_UNCLEAR, ORDERS, S.MEDIUM, 60, 480, "renamed_in_shop new_store closed_store not_said",
        (
            "The customer collects the order, and the channel names a store we can't find. Compare its words with our stores.",
            "Where you are sure, choose the store; the order goes on. Where you are not, ask the customer and let the case wait.",
            "The same words again: have operations put them into the channel's table of pickup locations.",
        ),
    ),
    BuiltInKind(
        T.UNKNOWN_SKU, ORDERS, S.MEDIUM, 60, 480, "new_product renamed_in_shop channel_mapping not_sold_any_more",
        (
            "Look the line's title up in the catalog. The shop has usually renamed something we know by another code.",
            "Map the code to our SKU: every later order with that code is understood as well. Mind size and color.",
            "Where we don't sell it any more, offer something alike or cancel the line.",
        ),
    ),
    BuiltInKind(
        T.PRICE_MISMATCH, ORDERS, S.MEDIUM, 60, 480, "discount_not_sent tax_rounding wrong_price_in_shop edited_by_hand",
        (
            "The channel's total is not what its lines come to. The case says by how much: pennies are rounding, round sums are a missing discount.",
            "Accept the price when the customer was shown that total; charge what the lines come to when they were not. Nothing is paid or refunded from the claim.",
            "The same difference on several orders is a mapping or a price list: tell operations, and merge the cases.",
        ),
    ),
    BuiltInKind(
        T.DUPLICATE_SUSPECTED, ORDERS, S.MEDIUM, 30, 240, "ordered_twice_by_mistake payment_retried meant_both",
        (
            "The same person ordered the same goods within ten minutes. Open the other order beside this one.",
            "Only one paid: cancel the unpaid one. Both paid: ask the customer which was meant before either leaves.",
            "Different delivery addresses are usually presents: release both.",
        ),
    ),
    BuiltInKind(
        T.QUANTITY_UNUSUAL, ORDERS, S.MEDIUM, 60, 480, "typing_error wholesale_customer reseller",
        (
            "The case says how far beyond the channel's habit it is: ask the customer before the stock of everybody else is gone.",
            "A wholesale customer is known by earlier orders: release. A slip of the finger: reduce the line.",
        ),
    ),
    BuiltInKind(
        T.CURRENCY_UNEXPECTED, ORDERS, S.MEDIUM, 60, 480, "channel_setup new_market wrong_shop",
        (
            "The order came in a currency this channel does not sell in.",
            "Where the market is new, operations add the currency to the channel; then release the hold.",
            "Never convert by hand. Where the customer was charged by mistake, cancel the order.",
        ),
    ),
    BuiltInKind(
        T.MANUAL, ORDERS, S.MEDIUM, 60, 1440, "test_order done_in_the_shop asked_by_customer checked_by_us",
        (
            "Somebody, or the channel's contract, has put the order on hold; the case says who and why. Nothing of it goes out before the hold is released.",
            "Whoever placed it knows what it waits for; ask them where the note does not say.",
            "A test order, or one that the shop has completed on its own, is cancelled here and never released. Anything else: release it when what it waited for has come.",
        ),
    ),
    BuiltInKind(
        T.CHANGED_AFTER_RELEASE, ORDERS, S.HIGH, 30, 240, "customer_changed_mind address_corrected_late shop_edit",
        (
            "The channel changed the order after work on it had begun. The case says what differs.",
            "Not packed yet: correct it here, or cancel and have it sent again. Packed: call the location first.",
            "Shipped: tell the customer what is on its way, and settle the rest as a return.",
        ),
    ),
    BuiltInKind(
        T.RETURN_OUT_OF_POLICY, ORDERS, S.LOW, 240, 2880, "too_late used_goods no_proof goodwill",
        (
            "Read the policy that was shown to the customer on the day of the order, not today's.",
            "Faulty goods are not a matter of policy: take them back. For the rest a lead may grant goodwill.",
        ),
    ),
    BuiltInKind(
        T.UNDELIVERABLE, PARTNERS, S.HIGH, 30, 480, "recipient_unknown refused_at_the_door damaged_in_transit not_collected",
        (
            "The carrier has given up and says why. The parcel is on its way back.",
            "Ask the customer for a better address or a pick-up point, and let the case wait for the answer.",
            "Nothing heard within a week: cancel when the parcel is back in stock.",
        ),
    ),
    # money
    BuiltInKind(
        T.PAYMENT_PROBLEM, PAYMENTS, S.MEDIUM, 60, 1440, "not_paid payment_expired partly_paid paid_elsewhere",
        (
            "The channel does not ship unpaid, and this is not paid. The channel reports the payment when it comes, and the case closes itself.",
            "Ask the customer for the payment, and cancel when the channel's payment term is over.",
            "Shipping without payment needs a lead's or a manager's approval, whatever the customer says on the phone.",
        ),
    ),
    BuiltInKind(
        T.FRAUD_REVIEW, PAYMENTS, S.HIGH, 30, 240, "confirmed_fraud false_alarm address_differs unusual_order",
        (
            "Look at what disagrees: delivery and billing country, many small orders, express on the most expensive goods.",
            "Release when the customer has ordered before and it was delivered: the page says what became of their other orders.",
            "In doubt call the customer by the number of an earlier order, never by one in this order. Cancel what stays odd.",
        ),
    ),
    # stock
    BuiltInKind(
        T.NO_STOCK, STOCK, S.HIGH, 60, 480, "sold_out wrong_count supplier_late promised_too_much",
        (
            "Nothing of the order can be served. It is retried automatically whenever stock is freed or counted.",
            "Something is on its way: backorder and tell the customer the new date. Nothing is: offer a substitute the customer's wish allows.",
            "A store may have it on a shelf it keeps back: choose that location, within your limits.",
        ),
    ),
    BuiltInKind(
        T.PARTIAL_ALLOCATION, STOCK, S.MEDIUM, 120, 1440, "sold_out wrong_count supplier_late",
        (
            "A part is on its way, the rest has no stock.",
            "Ask whether the customer wants to wait for the rest: backorder it, substitute it, or cancel those lines.",
        ),
    ),
    BuiltInKind(
        T.BACKORDERED, STOCK, S.LOW, 1440, 10080, "as_agreed supplier_late",
        (
            "Accepted without stock and bound to what arrives; it continues automatically.",
            "Look again when the promised date is in danger: then tell the customer before they ask.",
        ),
    ),
    BuiltInKind(
        T.OVERSOLD, STOCK, S.HIGH, 30, 240, "wrong_count theft_or_damage feed_late",
        (
            "Less is there than is promised. Have the shelf counted first: half of these are a count.",
            "Where it is true, the case lists the orders: move the latest ones to another location, then backorder or substitute.",
        ),
    ),
    BuiltInKind(
        T.STOCK_DISCREPANCY, STOCK, S.MEDIUM, 240, 1440, "wrong_count theft_or_damage misplaced booked_late",
        (
            "A location says it does not have what its level shows; until it is counted, no order is sent there for it.",
            "Have the shelf counted and book what is there; the case closes with the count, from wherever that comes.",
        ),
    ),
    BuiltInKind(
        T.SHORT_PICK, STOCK, S.MEDIUM, 60, 480, "misplaced wrong_count damaged theft_or_damage",
        (
            "The location could not find units; those lines are being routed elsewhere already.",
            "Have the level counted there, so that the next order does not meet the same empty shelf.",
        ),
    ),
    BuiltInKind(
        T.STOCK_REFUSED, STOCK, S.MEDIUM, 60, 480, "sku_gone_there not_counted_there credentials wrong_location",
        (
            "A channel does not take the figure we send it, and goes on selling by the one it has. The case says why, in the channel’s words.",
            "Put it right in the shop (the article is gone, not counted, or not kept at that location), then send the figure again.",
            "It is not sold there any more: say so, and the channel shows none. A whole channel refuses: its credentials are no longer good.",
        ),
    ),
    BuiltInKind(
        T.PRIVACY_REQUEST, SYSTEM, S.MEDIUM, 1440, 43_200, "answered nothing_held not_the_person",
        (
            "A customer asks through a shop what is held of them. By law they have their answer within a month; the case says until when.",
            "Look the orders up that the case names: name, address, mail address and phone number stand at each, and in its messages.",
            "Send that to the customer through the shop, which knows who they are, and close the case.",
        ),
    ),
    # partners and carriers
    BuiltInKind(
        T.PARTNER_REJECTED, PARTNERS, S.MEDIUM, 60, 480, "no_stock_there capacity address_not_served data_missing",
        (
            "The partner said no; the lines are being routed elsewhere.",
            "Once is nothing. The same reason again and again is a setting: capacity, area or stock feed. Merge those cases and tell operations.",
        ),
    ),
    BuiltInKind(
        T.OUTCOME_UNKNOWN, PARTNERS, S.CRITICAL, 15, 120, "partner_had_it partner_never_got_it partner_system_down",
        (
            "We asked the partner to ship and got no answer we could read. Nothing is sent again automatically: it might ship twice.",
            "Call the partner with the reference in the case. They have it: handled. They don't: confirm that, and it is sent again.",
        ),
    ),
    BuiltInKind(
        T.PARTNER_SILENT, PARTNERS, S.HIGH, 30, 240, "partner_system_down overlooked contact_out_of_date",
        (
            "The partner took the order and has said nothing since, longer than agreed.",
            "Call them, and let the case wait for the partner. No answer by the next cutoff: choose another location.",
        ),
    ),
    BuiltInKind(
        T.CARRIER_OUTAGE, PARTNERS, S.HIGH, 30, 480, "strike weather carrier_system_down",
        (
            "The carrier takes nothing, or nothing in an area. The case lists what is waiting for it.",
            "Use another carrier's service where there is one; tell the customers of the rest before the promise is missed.",
        ),
    ),
    BuiltInKind(
        T.CANCEL_AFTER_SHIP, PARTNERS, S.HIGH, 15, 240, "customer_cancelled_late partner_shipped_anyway intercepted let_go",
        (
            "It was called off and left all the same. Ask the carrier to turn the parcel round; within the first hours that works.",
            "Too late for that: agree on a return with the customer. The money goes back when the goods are.",
        ),
    ),
    BuiltInKind(
        T.COMPENSATION_STUCK, PARTNERS, S.HIGH, 15, 120, "partner_system_down done_by_phone",
        (
            "Something that must be undone failed five times. It is still tried, and the case closes itself when it goes through.",
            "Call the partner before it ships, and note whom you spoke to.",
        ),
    ),
    # time
    BuiltInKind(
        T.PICK_LATE, LATE, S.MEDIUM, 30, 240, "short_staffed overlooked rush_of_orders",
        (
            "The store should have begun by now. Call the store: one missed notice is the usual reason.",
            "They can't today: choose another location while the promise can still be kept.",
        ),
    ),
    BuiltInKind(
        T.LATE_RISK, LATE, S.MEDIUM, 60, 240, "late_release slow_pick carrier_cutoff_missed",
        (
            "As things stand the promise will be missed. The case says which stage is behind.",
            "A faster service or a nearer location may still save it; the options show what that costs.",
            "It can't be saved: tell the customer the new date today.",
        ),
    ),
    BuiltInKind(
        T.PROMISE_MISSED, LATE, S.HIGH, 60, 480, "late_release slow_pick carrier_delay lost_parcel",
        (
            "The promised date is over. Find out where it is: our floor, the carrier, or lost.",
            "Tell the customer what happened and when it comes; a lead may approve a replacement or something for the trouble.",
        ),
    ),
    BuiltInKind(
        T.BACKLOG, LATE, S.HIGH, 30, 240, "short_staffed rush_of_orders system_down",
        (
            "More waits at this location than it can do in time.",
            "Lower the location's capacity for today so that routing goes elsewhere; move what has the earliest promise.",
        ),
    ),
    # messages and machinery
    BuiltInKind(
        T.MESSAGE_QUARANTINED, SYSTEM, S.MEDIUM, 60, 480, "format_changed bad_data test_message",
        (
            "A message of a channel could not be read. The case says which field and why.",
            "Change the mapping and read the message again, or have the channel send it again. A test message: dismiss.",
        ),
    ),
    BuiltInKind(
        T.DEAD_LETTER, SYSTEM, S.HIGH, 30, 240, "bug bad_data outside_trouble",
        (
            "A job failed after several attempts, and nothing more happens here until it is retried.",
            "Read the reason: outside trouble is over by now, so retry. Anything else goes to whoever looks after the system.",
        ),
    ),
)  # fmt: skip
