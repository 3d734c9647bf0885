"""What happens next: every event and the steps that follow it. Start reading here; docs/index.md says where the rest is.

An event that nothing follows stands here too, with an empty list, so that a forgotten one is noticed by a test.
"""

from __future__ import annotations

from apps.accounts import events as accounts
from apps.casework import events as casework
from apps.catalog import events as catalog
from apps.channels import events as channels
from apps.channels.selectors import takes_pickup_updates
from apps.compensation import events as compensation
from apps.contracts import events as contracts
from apps.core.event_types import EventData
from apps.fulfillment import events as fulfillment
from apps.integrations import events as integrations
from apps.inventory import events as inventory
from apps.listings import events as listings
from apps.network import events as network
from apps.notifications import events as notifications
from apps.orchestration import events as orchestration
from apps.orchestration.step import Step
from apps.orchestration.steps import (
    approving,
    catalog_imports,
    channel_messages,
    channel_stock,
    clocks,
    compensating,
    contract_checks,
    counter_returns,
    customer_messages,
    deciding,
    fulfilling,
    holding,
    notifying,
    order_changes,
    partner_calls,
    payment_changes,
    privacy,
    recovery,
    redriving,
    resolving,
    webhooks,
)
from apps.orders import events as orders
from apps.sla import events as sla
from apps.webhooks import events as hooks
from apps.webhooks.payloads import public_events
from apps.webhooks.selectors import is_wanted

validate_order = Step(deciding.validate_order, priority=10)
route_order = Step(deciding.route_order, priority=20)
release_order = Step(deciding.release_order, priority=30)
create_fulfillment_orders = Step(fulfilling.create_fulfillment_orders, priority=40)
issue_goods = Step(fulfilling.issue_goods, priority=60)
advance_order = Step(fulfilling.advance_order, priority=60)
reroute_lines = Step(fulfilling.reroute_lines, priority=15, batch=50)
release_stock = Step(fulfilling.release_stock, priority=5)
release_stock_of_fulfillment = Step(fulfilling.release_stock_of_fulfillment, priority=5)
# One order at a time, each of which locks its own with its fulfillment orders.
follow_payment = Step(payment_changes.follow_payment, priority=5, batch=1)
resume_order = Step(fulfilling.resume_order, priority=20)
retry_waiting_orders = Step(recovery.retry_waiting_orders, priority=70, delay_s=1.0)
report_oversold = Step(recovery.report_oversold, priority=25)
settle_doubts = Step(recovery.settle_doubts, priority=25)
follow_changes = Step(order_changes.follow_changes, priority=25)
report_problem = Step(recovery.report_problem, priority=25)
settle_holds = Step(holding.settle_holds, priority=25)
return_canary = Step(recovery.return_canary, priority=1)
submit_to_partner = Step(
    partner_calls.submit_to_partner, lane="partners", batch=1, attempts=partner_calls.SUBMIT_ATTEMPTS
)
ask_partner_to_cancel = Step(partner_calls.ask_partner_to_cancel, lane="partners", batch=1, attempts=20)
take_back_rejected = Step(partner_calls.take_back_rejected, lane="partners", batch=1, attempts=20)
fetch_partner_updates = Step(partner_calls.fetch_partner_updates, lane="partners", batch=1, priority=90)
settle_with_partner = Step(partner_calls.settle_with_partner, priority=25)
report_partner = Step(partner_calls.report_partner, priority=25)
report_stuck = Step(compensating.report_stuck, priority=25)
close_stuck = Step(compensating.close_stuck, priority=25)
# One order at a time: each locks its own, in whatever order people clicked.
perform_resolution = Step(resolving.perform_resolution, priority=6, batch=1, rounds=20, delay_s=10.0)
resolve_cases_by_rule = Step(resolving.resolve_cases_by_rule, priority=76, batch=50)
retry_stopped_steps = Step(resolving.retry_stopped_steps, priority=6, batch=20)
recheck_orders_of_code = Step(resolving.recheck_orders_of_code, priority=12)
recheck_orders_of_catalog = Step(resolving.recheck_orders_of_catalog, priority=12)
queue_channel_updates = Step(channel_messages.queue_channel_updates, priority=75)
queue_pickup_updates = Step(channel_messages.queue_pickup_updates, priority=75, wanted=takes_pickup_updates)
send_channel_update = Step(
    channel_messages.send_channel_update, lane="partners", batch=1, priority=80, attempts=channel_messages.TELL_ATTEMPTS
)
poll_channel = Step(channel_messages.poll_channel, lane="partners", batch=1, priority=90)
reconcile_channel = Step(channel_messages.reconcile_channel, lane="partners", batch=1, priority=91)
check_webhooks = Step(channel_messages.check_webhooks, lane="partners", batch=1, priority=93)
read_refunds = Step(
    channel_messages.read_refunds, lane="partners", batch=1, priority=7, attempts=channel_messages.REFUND_ATTEMPTS
)
fetch_order = Step(channel_messages.fetch_order, lane="partners", batch=1, priority=7, attempts=5)
answer_privacy = Step(privacy.answer_privacy, lane="partners", batch=1, priority=80)
take_in_message = Step(channel_messages.take_in_message, priority=8, batch=100)
give_up_waiting_message = Step(channel_messages.give_up_waiting_message, priority=90, batch=50, delay_s=10.0)
void_changed_approvals = Step(approving.void_changed_approvals, priority=6)
void_moot_approvals = Step(approving.void_moot_approvals, priority=6)
prove_partners = Step(contract_checks.prove_partners, lane="partners", batch=1, priority=95, attempts=2)
prove_channels = Step(contract_checks.prove_channels, lane="partners", batch=1, priority=95, attempts=2)
replay_messages = Step(contract_checks.replay_messages, priority=79, batch=1, rounds=3)
retry_failed_jobs = Step(redriving.retry_failed_jobs, priority=84, batch=1, delay_s=1.0)
run_upload = Step(channel_messages.run_upload, priority=7, batch=1, rounds=10)
notify_staff = Step(notifying.notify_staff, priority=65)
mail_staff = Step(notifying.mail_staff, lane="partners", batch=1, priority=85, attempts=10)
mail_password_link = Step(notifying.mail_password_link, lane="partners", batch=1, priority=20, attempts=10)
queue_customer_messages = Step(customer_messages.queue_customer_messages, priority=77)
send_customer_message = Step(
    customer_messages.send_customer_message, lane="partners", batch=1, priority=85, attempts=10
)
time_orders = Step(clocks.time_orders, priority=62)
time_fulfillment = Step(clocks.time_fulfillment, priority=63)
time_cases = Step(clocks.time_cases, priority=66)
time_approvals = Step(clocks.time_approvals, priority=66)
report_late = Step(clocks.report_late, priority=64)
retime_clocks = Step(clocks.retime_clocks, priority=88, batch=1, rounds=5)
recount_doubted = Step(channel_stock.recount_doubted, priority=45)
report_over_returns = Step(counter_returns.report_over_returns, priority=60)
recount_unplaced = Step(channel_stock.recount_unplaced, priority=45)
recount_listings = Step(channel_stock.recount_listings, priority=87, batch=1)
# One run at a time for each channel; the last units would otherwise wait behind parcels that have left.
send_channel_stock = Step(
    channel_stock.send_channel_stock, lane="partners", batch=1, priority=10, attempts=channel_stock.SEND_ATTEMPTS
)
read_channel_stock = Step(
    channel_stock.read_channel_stock, lane="partners", batch=1, priority=92, attempts=channel_stock.READ_ATTEMPTS
)
report_refused_stock = Step(channel_stock.report_refused_stock, priority=46)
# A page after the other, a lot after the other: what people wait for goes first.
read_catalog = Step(
    catalog_imports.read_catalog, lane="partners", batch=1, priority=91, attempts=catalog_imports.READ_ATTEMPTS
)
compare_catalog = Step(catalog_imports.compare_catalog, priority=86, batch=1)
apply_catalog = Step(catalog_imports.apply_catalog, priority=86, batch=1)
queue_webhooks = Step(webhooks.queue_webhooks, priority=78, wanted=is_wanted)
send_webhook = Step(webhooks.send_webhook, lane="partners", batch=1, priority=95)

SUBSCRIPTIONS: dict[type[EventData], list[Step]] = {
    # orders in
    channels.InboxReceived: [take_in_message],
    channels.InboxEarly: [give_up_waiting_message],
    channels.UploadReceived: [run_upload],
    channels.UploadContinued: [run_upload],
    contracts.ReplayStarted: [replay_messages],
    contracts.ReplayContinued: [replay_messages],
    contracts.ContractDrifted: [notify_staff],
    contracts.ContractDriftAccepted: [],
    contracts.ChannelProofDue: [prove_channels],
    contracts.PartnerProofDue: [prove_partners],
    orders.OrderAccepted: [validate_order, time_orders],
    orders.OrderRevised: [validate_order, void_changed_approvals, time_orders, recount_unplaced],
    orders.OrderAmended: [time_orders, follow_changes],
    orders.OrderFollowed: [follow_changes, time_orders, void_changed_approvals],
    orders.OrderPriceAccepted: [validate_order],
    orders.OrderRecheckRequested: [validate_order],
    orders.OrderLinesCancelled: [advance_order, queue_channel_updates, void_changed_approvals, recount_unplaced],
    orders.OrderRoutingInstructed: [],
    orders.OrderLineSubstituted: [queue_channel_updates, queue_customer_messages, void_changed_approvals],
    orders.OrderRefundAgreed: [],
    orders.OrderContactErased: [],
    orders.OrderHeld: [settle_holds, queue_channel_updates, time_orders, recount_unplaced],
    orders.OrderHoldReleased: [settle_holds],
    orders.OrderResumed: [validate_order, resume_order, queue_channel_updates, time_orders],
    orders.OrderPaymentChanged: [follow_payment],
    orders.OrderChangeCameLate: [report_problem],
    orders.OrderCancelCameLate: [report_problem],
    channels.ContractPublished: [],
    orchestration.ContractEnding: [notify_staff],
    channels.ChannelPollDue: [poll_channel],
    channels.ChannelReconcileDue: [reconcile_channel],
    channels.ChannelWebhooksDue: [check_webhooks],
    channels.ChannelWebhooksLost: [notify_staff],
    channels.ChannelPaused: [],
    channels.ChannelResumed: [send_channel_stock],
    channels.ChannelUpdateDue: [send_channel_update],
    channels.ChannelRefundsToRead: [read_refunds],
    channels.ChannelOrderToFetch: [fetch_order],
    channels.ChannelPrivacyRequested: [answer_privacy],
    # deciding
    orders.OrderValidated: [route_order],
    orders.OrderUnroutable: [time_orders, recount_unplaced],
    orders.OrderUnrouted: [route_order],
    orders.OrderRoutingResumed: [route_order],
    orders.OrderRouted: [release_order],
    orders.OrderPartlyRouted: [recount_unplaced],
    orders.OrderReleaseResumed: [release_order],
    orders.OrderReleased: [create_fulfillment_orders],
    # fulfilling
    integrations.PartnerUpdatesDue: [fetch_partner_updates],
    fulfillment.FulfillmentAssigned: [time_fulfillment],
    fulfillment.FulfillmentRequested: [submit_to_partner, time_fulfillment],
    fulfillment.FulfillmentSubmitted: [settle_with_partner],
    fulfillment.FulfillmentAccepted: [time_fulfillment],
    fulfillment.FulfillmentRejected: [
        reroute_lines,
        report_partner,
        settle_with_partner,
        take_back_rejected,
        time_fulfillment,
    ],
    fulfillment.FulfillmentPicked: [time_fulfillment],
    fulfillment.FulfillmentShortPicked: [reroute_lines, time_fulfillment],
    fulfillment.FulfillmentPacked: [time_fulfillment, queue_pickup_updates],
    fulfillment.FulfillmentUnpacked: [report_problem, time_fulfillment],
    fulfillment.FulfillmentUnitsUnwanted: [report_problem],
    fulfillment.FulfillmentShipped: [issue_goods, advance_order, queue_channel_updates, time_fulfillment],
    fulfillment.FulfillmentDelivered: [advance_order],
    fulfillment.FulfillmentUndeliverable: [report_problem],
    fulfillment.FulfillmentCancelled: [
        release_stock_of_fulfillment,
        advance_order,
        settle_with_partner,
        time_fulfillment,
    ],
    fulfillment.FulfillmentRestCancelled: [advance_order, settle_with_partner, time_fulfillment],
    fulfillment.FulfillmentCalledOff: [ask_partner_to_cancel, time_fulfillment],
    fulfillment.FulfillmentCancelRequested: [],
    fulfillment.FulfillmentCancelRefused: [report_problem, settle_with_partner],
    fulfillment.FulfillmentLeftAnyway: [report_partner],
    fulfillment.FulfillmentOutcomeUnknown: [report_problem],
    compensation.CompensationWanted: [],
    compensation.CompensationStuck: [report_stuck],
    compensation.CompensationCompleted: [close_stuck],
    compensation.CompensationGivenUp: [close_stuck],
    orders.OrderShipped: [],
    orders.OrderDelivered: [time_orders],
    orders.OrderHandedOver: [],
    orders.OrderReturned: [report_over_returns],
    orders.OrderCancelled: [
        release_stock,
        queue_channel_updates,
        void_changed_approvals,
        time_orders,
        recount_unplaced,
    ],
    orders.OrderRestCancelled: [
        advance_order,
        report_problem,
        queue_channel_updates,
        void_changed_approvals,
        time_orders,
        recount_unplaced,
    ],
    # stock
    inventory.StockFreed: [retry_waiting_orders],
    inventory.StockShort: [],
    inventory.StockOversold: [report_oversold],
    inventory.StockDoubted: [settle_doubts, recount_doubted],
    inventory.StockConfirmed: [settle_doubts, recount_doubted],
    # stock to the channels
    listings.ListingToRecount: [recount_listings],
    listings.ChannelStockToSend: [send_channel_stock],
    listings.ChannelStockToRead: [read_channel_stock],
    listings.ListingFigureChanged: [],
    listings.ListingRefused: [report_refused_stock],
    listings.ListingAccepted: [report_refused_stock],
    listings.ChannelStockRefused: [report_refused_stock],
    listings.ChannelStockResumed: [report_refused_stock],
    listings.ChannelStockRuleChanged: [],
    # catalogs of the channels
    listings.ChannelCatalogToRead: [read_catalog],
    listings.ChannelCatalogToCompare: [compare_catalog],
    listings.ChannelCatalogReady: [],
    listings.ChannelCatalogToApply: [apply_catalog],
    listings.ChannelCatalogApplied: [recheck_orders_of_catalog],
    listings.ChannelCatalogDropped: [],
    listings.ChannelFieldOwnersChanged: [],
    # what is sold, and from where
    catalog.SkuUpserted: [],
    catalog.SkuCodeMapped: [recheck_orders_of_code],
    network.NodeChanged: [],
    network.NodeShut: [],
    # people and the system itself
    accounts.KeyMade: [],
    accounts.KeyRevoked: [],
    casework.CaseOpened: [resolve_cases_by_rule, time_cases],
    casework.CaseTaken: [time_cases],
    casework.CaseAssigned: [notify_staff, time_cases],
    casework.CasePrioritized: [],
    casework.CaseAcknowledged: [time_cases],
    casework.CaseCommented: [notify_staff, time_cases],
    casework.CaseWaiting: [time_cases],
    casework.CaseResumed: [time_cases],
    casework.CaseLinked: [],
    casework.CaseMerged: [void_moot_approvals, time_cases],
    casework.CaseEscalated: [notify_staff],
    casework.CaseResolved: [time_cases, void_moot_approvals],
    casework.CaseDismissed: [time_cases, void_moot_approvals],
    notifications.NoticeToMail: [mail_staff],
    accounts.StaffInvited: [mail_password_link],
    accounts.StaffPasswordLinkWanted: [mail_password_link],
    notifications.CustomerMessageDue: [send_customer_message],
    hooks.WebhookDue: [send_webhook],
    hooks.WebhookFailing: [notify_staff],
    hooks.WebhookSwitchedOff: [notify_staff],
    casework.CaseActionChosen: [perform_resolution],
    casework.CaseActionUndone: [],
    casework.CaseActionDone: [queue_customer_messages],
    casework.CaseActionRefused: [],
    casework.CaseRetryWanted: [retry_stopped_steps],
    casework.ApprovalRequested: [notify_staff, time_approvals],
    casework.ApprovalSeconded: [],
    casework.ApprovalApproved: [notify_staff, time_approvals],
    casework.ApprovalRejected: [notify_staff, time_approvals],
    casework.ApprovalExpired: [notify_staff, time_approvals],
    casework.ApprovalWithdrawn: [time_approvals],
    casework.ApprovalVoided: [notify_staff, time_approvals],
    # how long things take
    sla.SlaWarned: [report_late, notify_staff],
    sla.SlaBreached: [report_late, notify_staff],
    sla.SlaPolicyPublished: [retime_clocks],
    sla.SlaCalendarChanged: [retime_clocks],
    sla.SlaRetimingContinued: [retime_clocks],
    orchestration.StepRetried: [],
    orchestration.RedriveStarted: [retry_failed_jobs],
    orchestration.RedriveContinued: [retry_failed_jobs],
    orchestration.CanarySent: [return_canary],
}
# Other systems are sent every event that says what they may know of it.
for kind in public_events():
    SUBSCRIPTIONS[kind].append(queue_webhooks)
