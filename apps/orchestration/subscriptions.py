"""What happens next: every event and the steps that follow it. Start reading here.

An event that nothing follows stands here too, with an empty list, so that a forgotten one is noticed by a test.
"""

from __future__ import annotations

from apps.orchestration.step import Step
from apps.orchestration.steps import (
    approving,
    channel_messages,
    clocks,
    customer_messages,
    deciding,
    fulfilling,
    holding,
    notifying,
    order_changes,
    partner_calls,
    paying,
    recovery,
    resolving,
    webhooks,
)

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
follow_payment = Step(paying.follow_payment, priority=5, batch=1)
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
settle_with_partner = Step(partner_calls.settle_with_partner, priority=25)
report_partner = Step(partner_calls.report_partner, priority=25)
# One order at a time: each locks its own, in whatever order people clicked.
perform_resolution = Step(resolving.perform_resolution, priority=6, batch=1, rounds=20, delay_s=10.0)
resolve_cases_by_rule = Step(resolving.resolve_cases_by_rule, priority=76, batch=50)
retry_stopped_steps = Step(resolving.retry_stopped_steps, priority=6, batch=20)
recheck_orders_of_code = Step(resolving.recheck_orders_of_code, priority=12)
queue_channel_updates = Step(channel_messages.queue_channel_updates, priority=75)
send_channel_update = Step(
    channel_messages.send_channel_update, lane="partners", batch=1, priority=80, attempts=channel_messages.TELL_ATTEMPTS
)
poll_channel = Step(channel_messages.poll_channel, lane="partners", batch=1, priority=90)
read_refunds = Step(
    channel_messages.read_refunds, lane="partners", batch=1, priority=7, attempts=channel_messages.REFUND_ATTEMPTS
)
take_in_message = Step(channel_messages.take_in_message, priority=8, batch=100)
give_up_waiting_message = Step(channel_messages.give_up_waiting_message, priority=90, batch=50, delay_s=10.0)
void_changed_approvals = Step(approving.void_changed_approvals, priority=6)
void_moot_approvals = Step(approving.void_moot_approvals, priority=6)
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
queue_webhooks = Step(webhooks.queue_webhooks, priority=78)
send_webhook = Step(webhooks.send_webhook, lane="partners", batch=1, priority=95)

SUBSCRIPTIONS: dict[str, list[Step]] = {
    # orders in
    "inbox.received": [take_in_message],
    "inbox.early": [give_up_waiting_message],
    "upload.received": [run_upload],
    "upload.continued": [run_upload],
    "order.accepted": [validate_order, time_orders],
    "order.revised": [validate_order, void_changed_approvals, time_orders],
    "order.amended": [time_orders, follow_changes],
    "order.followed": [follow_changes, time_orders, void_changed_approvals],
    "order.price_accepted": [validate_order],
    "order.recheck_asked": [validate_order],
    "order.lines_cancelled": [advance_order, queue_channel_updates, void_changed_approvals],
    "order.routing_instructed": [],
    "order.line_substituted": [queue_channel_updates, queue_customer_messages, void_changed_approvals],
    "order.refund_agreed": [],
    "order.held": [settle_holds, time_orders],
    "order.hold_released": [settle_holds],
    "order.resumed": [validate_order, resume_order, time_orders],
    "order.payment_changed": [follow_payment],
    "order.change_came_late": [report_problem],
    "order.cancel_came_late": [report_problem],
    "contract.published": [],
    "channel.poll_due": [poll_channel],
    "channel.to_tell": [send_channel_update],
    "channel.refunds_to_read": [read_refunds],
    # deciding
    "order.validated": [route_order],
    "order.unroutable": [time_orders],
    "order.unrouted": [route_order],
    "order.routing_resumed": [route_order],
    "order.routed": [release_order],
    "order.release_resumed": [release_order],
    "order.released": [create_fulfillment_orders],
    # fulfilling
    "fulfillment.assigned": [time_fulfillment],
    "fulfillment.requested": [submit_to_partner, time_fulfillment],
    "fulfillment.submitted": [settle_with_partner],
    "fulfillment.accepted": [time_fulfillment],
    "fulfillment.rejected": [reroute_lines, report_partner, settle_with_partner, take_back_rejected, time_fulfillment],
    "fulfillment.picked": [time_fulfillment],
    "fulfillment.short_picked": [reroute_lines, time_fulfillment],
    "fulfillment.packed": [time_fulfillment],
    "fulfillment.unpacked": [report_problem, time_fulfillment],
    "fulfillment.units_unwanted": [report_problem],
    "fulfillment.shipped": [issue_goods, advance_order, queue_channel_updates, time_fulfillment],
    "fulfillment.delivered": [advance_order],
    "fulfillment.undeliverable": [report_problem],
    "fulfillment.cancelled": [release_stock_of_fulfillment, advance_order, settle_with_partner, time_fulfillment],
    "fulfillment.rest_cancelled": [advance_order, settle_with_partner, time_fulfillment],
    "fulfillment.called_off": [ask_partner_to_cancel, time_fulfillment],
    "fulfillment.cancel_requested": [],
    "fulfillment.cancel_refused": [report_problem, settle_with_partner],
    "fulfillment.left_anyway": [report_partner],
    "fulfillment.outcome_unknown": [report_problem],
    "order.shipped": [],
    "order.delivered": [time_orders],
    "order.cancelled": [release_stock, queue_channel_updates, void_changed_approvals, time_orders],
    "order.rest_cancelled": [advance_order, report_problem, queue_channel_updates, void_changed_approvals, time_orders],
    # stock
    "stock.freed": [retry_waiting_orders],
    "stock.short": [],
    "stock.oversold": [report_oversold],
    "stock.doubted": [settle_doubts],
    "stock.vouched": [settle_doubts],
    # what is sold, and from where
    "sku.upserted": [],
    "sku.code_mapped": [recheck_orders_of_code],
    "node.changed": [],
    "node.shut": [],
    # people and the system itself
    "key.made": [],
    "key.revoked": [],
    "case.opened": [queue_webhooks, resolve_cases_by_rule, time_cases],
    "case.taken": [time_cases],
    "case.assigned": [notify_staff, queue_webhooks, time_cases],
    "case.prioritized": [],
    "case.acknowledged": [time_cases],
    "case.commented": [notify_staff, queue_webhooks, time_cases],
    "case.waiting": [queue_webhooks, time_cases],
    "case.resumed": [queue_webhooks, time_cases],
    "case.linked": [],
    "case.merged": [queue_webhooks, void_moot_approvals, time_cases],
    "case.escalated": [notify_staff, queue_webhooks],
    "case.resolved": [queue_webhooks, time_cases, void_moot_approvals],
    "case.dismissed": [queue_webhooks, time_cases, void_moot_approvals],
    "notice.to_mail": [mail_staff],
    "staff.invited": [mail_password_link],
    "staff.password_link_wanted": [mail_password_link],
    "customer.to_tell": [send_customer_message],
    "webhook.due": [send_webhook],
    "webhook.failing": [notify_staff],
    "webhook.switched_off": [notify_staff],
    "case.action_chosen": [perform_resolution],
    "case.action_undone": [],
    "case.action_done": [queue_customer_messages],
    "case.action_refused": [],
    "case.retry_wanted": [retry_stopped_steps],
    "approval.requested": [notify_staff, queue_webhooks, time_approvals],
    "approval.seconded": [],
    "approval.approved": [notify_staff, queue_webhooks, time_approvals],
    "approval.rejected": [notify_staff, queue_webhooks, time_approvals],
    "approval.expired": [notify_staff, queue_webhooks, time_approvals],
    "approval.withdrawn": [queue_webhooks, time_approvals],
    "approval.voided": [notify_staff, queue_webhooks, time_approvals],
    # how long things take
    "sla.warned": [report_late, notify_staff, queue_webhooks],
    "sla.breached": [report_late, notify_staff, queue_webhooks],
    "sla.policy_published": [retime_clocks],
    "sla.calendar_changed": [retime_clocks],
    "sla.retiming_continued": [retime_clocks],
    "step.retried": [],
    "canary.sent": [return_canary],
}
