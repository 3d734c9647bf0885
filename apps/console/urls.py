"""The addresses of the console."""

from django.urls import path

from apps.console.approvals import views as approvals
from apps.console.cases import bulk_views as cases_bulk
from apps.console.cases import list_views as cases
from apps.console.cases import saved_views as saved
from apps.console.cases import search_views as case_search
from apps.console.cases import views as case
from apps.console.catalog import check_views as catalog_check
from apps.console.catalog import fields_views as catalog_fields
from apps.console.catalog import imports_views as catalog_imports
from apps.console.channels import access_views as channel_access
from apps.console.channels import calendar_views as channel_calendar
from apps.console.channels import channel_views as channel
from apps.console.channels import connect_views as connecting
from apps.console.channels import drift_views as channel_drift
from apps.console.channels import list_views as channels
from apps.console.fulfillment import views as fulfillment
from apps.console.integrations import health_views as integrations
from apps.console.integrations import partner_views as partners
from apps.console.orders import calls_views as order_calls
from apps.console.orders import list_views as orders
from apps.console.orders import returns_views as till_returns
from apps.console.orders import views as order
from apps.console.replies import views as replies
from apps.console.setup import imports_views as imports
from apps.console.setup import inbox_views as inbox
from apps.console.setup import limits_views as limits
from apps.console.setup import mail_views as mail
from apps.console.setup import mappings_views as mappings
from apps.console.setup import parked_views as parked
from apps.console.setup import policies_views as policies
from apps.console.setup import quarantine_views as quarantine
from apps.console.setup import views as configuration
from apps.console.shell import me_views as me
from apps.console.shell import notices_views as notices
from apps.console.shell import search_views as search
from apps.console.sla import views as sla
from apps.console.stock import channels_views as channel_stock
from apps.console.stock import rules_views as stock_rules
from apps.console.stock import views as stock
from apps.console.stock import work_views as stock_work
from apps.console.today import views as home

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("orders/", orders.orders, name="orders"),
    path("orders/export.csv", orders.export, name="orders_export"),
    path("orders/import/", imports.start, name="import"),
    path("orders/import/preview/", imports.preview, name="import_preview"),
    path("orders/import/<str:ref>/", imports.upload, name="import_job"),
    path("orders/import/<str:ref>/take-in/", imports.confirm, name="import_confirm"),
    path("orders/import/<str:ref>/errors.csv", imports.errors, name="import_errors"),
    path("orders/returns/", till_returns.returns, name="till_returns"),
    path("orders/<str:ref>/", order.order, name="order"),
    path("orders/<str:ref>/calls/", order_calls.calls, name="order_calls"),
    path("orders/<str:ref>/hold/", order.hold, name="order_hold"),
    path("orders/<str:ref>/release/", order.release, name="order_release"),
    path("orders/<str:ref>/cancel/", order.cancel, name="order_cancel"),
    path("orders/<str:ref>/decisions/<str:decision_ref>/replay/", order.replay_decision, name="decision_replay"),
    path("catalog/check/", catalog_check.check, name="catalog_check"),
    path("catalog/check/listings/<int:listing_id>/", catalog_check.match, name="catalog_match"),
    path("catalog/check/weigh/<int:sku_id>/", catalog_check.weigh, name="catalog_weigh"),
    path("catalog/check/retire/<int:sku_id>/", catalog_check.retire, name="catalog_retire"),
    path("catalog/check/merge/<int:sku_id>/", catalog_check.merge, name="catalog_merge"),
    path("catalog/imports/", catalog_imports.imports, name="catalog_imports"),
    path("catalog/imports/start/", catalog_imports.start, name="catalog_import_start"),
    path("catalog/imports/<str:ref>/", catalog_imports.one_import, name="catalog_import"),
    path("catalog/imports/<str:ref>/apply/", catalog_imports.apply, name="catalog_import_apply"),
    path("catalog/imports/<str:ref>/resume/", catalog_imports.resume, name="catalog_import_resume"),
    path("catalog/imports/<str:ref>/drop/", catalog_imports.drop, name="catalog_import_drop"),
    path("catalog/places/<int:place_id>/", catalog_imports.place, name="catalog_place"),
    path("catalog/fields/", catalog_fields.fields, name="catalog_fields"),
    path("catalog/fields/save/", catalog_fields.save, name="catalog_fields_save"),
    path("exceptions/", cases.cases, name="cases"),
    path("exceptions/export.csv", cases.export, name="cases_export"),
    path("exceptions/play/", cases.play, name="cases_play"),
    path("exceptions/bulk/", cases_bulk.bulk, name="cases_bulk"),
    path("exceptions/bulk/plan/", cases_bulk.plan, name="cases_bulk_plan"),
    path("exceptions/batches/<str:batch>/undo/", cases_bulk.undo, name="cases_bulk_undo"),
    path("exceptions/actions/<str:ref>/undo/", case.undo, name="case_undo"),
    path("exceptions/<str:ref>/", case.case, name="case"),
    path("exceptions/<str:ref>/acknowledge/", case.acknowledge, name="case_acknowledge"),
    path("exceptions/<str:ref>/take/", case.take, name="case_take"),
    path("exceptions/<str:ref>/assign/", case.assign, name="case_assign"),
    path("exceptions/<str:ref>/snooze/", case.snooze, name="case_snooze"),
    path("exceptions/<str:ref>/merge/", case.merge, name="case_merge"),
    path("exceptions/<str:ref>/resolve/", case.resolve, name="case_resolve"),
    path("exceptions/<str:ref>/comment/", case.comment, name="case_comment"),
    path("exceptions/<str:ref>/choose/", case.choose, name="case_choose"),
    path("exceptions/<str:ref>/ahead/", case.look_ahead, name="case_look_ahead"),
    path("exceptions/<str:ref>/skus/", case_search.skus, name="case_skus"),
    path("exceptions/<str:ref>/others/", case_search.others, name="case_others"),
    path("exceptions/<str:ref>/presence/", case.presence, name="case_presence"),
    path("exceptions/<str:ref>/<str:way>/", cases.step, name="case_step"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/bulk/", approvals.bulk, name="approvals_bulk"),
    path("approvals/<str:ref>/", approvals.approval, name="approval"),
    path("approvals/<str:ref>/decide/", approvals.decide, name="approval_decide"),
    path("approvals/<str:ref>/withdraw/", approvals.withdraw, name="approval_withdraw"),
    path("fulfillment/", fulfillment.fulfillment, name="fulfillment"),
    path("fulfillment/<str:ref>/", fulfillment.fulfillment_order, name="fulfillment_order"),
    path("fulfillment/<str:ref>/partner/received/", fulfillment.confirm, {"answer": "received"}, "partner_received"),
    path(
        "fulfillment/<str:ref>/partner/not-received/",
        fulfillment.confirm,
        {"answer": "not_received"},
        "partner_not_received",
    ),
    path("fulfillment/<str:ref>/<str:verb>/", fulfillment.work, name="fulfillment_work"),
    path("sla/", sla.sla, name="sla"),
    path("sla/policy/", sla.policy, name="sla_policy"),
    path("sla/policy/draft/", sla.draft, name="sla_draft"),
    path("sla/policy/draft/start/", sla.draft_start, name="sla_draft_start"),
    path("sla/policy/draft/drop/", sla.draft_drop, name="sla_draft_drop"),
    path("sla/policy/draft/publish/", sla.draft_publish, name="sla_draft_publish"),
    path("sla/policy/draft/preview/", sla.preview, name="sla_preview"),
    path("sla/policy/draft/watches/", sla.watches_save, name="sla_watches"),
    path("sla/policy/draft/rules/<str:number>/", sla.rule, name="sla_rule"),
    path("sla/policy/draft/rules/<str:number>/save/", sla.rule_save, name="sla_rule_save"),
    path("sla/policy/draft/rules/<str:number>/<str:verb>/", sla.rule_change, name="sla_rule_change"),
    path("channels/", channels.channels, name="channels"),
    path("channels/connect/", connecting.choose, name="channel_choose"),
    path("channels/connect/begin/", connecting.begin, name="channel_begin"),
    path("channels/calendar/", channel_calendar.calendar, name="channel_calendar"),
    path("channels/drift/", channel_drift.drift, name="drift"),
    path("channels/drift/<str:ref>/accept/", channel_drift.accept, name="drift_accept"),
    path("channels/access/", channel_access.come_back, name="channel_access_back"),
    path("channels/<slug:code>/connect/", connecting.connect, name="channel_connect"),
    path("channels/<slug:code>/connect/credentials/", connecting.credentials, name="channel_credentials"),
    path("channels/<slug:code>/connect/check/", connecting.check, name="channel_check"),
    path("channels/<slug:code>/connect/access/", channel_access.leave, name="channel_access"),
    path("channels/<slug:code>/connect/webhooks/", connecting.webhooks, name="channel_webhooks"),
    path("channels/<slug:code>/connect/secret/", connecting.secret, name="channel_secret"),
    path("channels/<slug:code>/connect/places/", connecting.places, name="channel_places"),
    path("channels/<slug:code>/connect/later/", connecting.later, name="channel_later"),
    path("channels/<slug:code>/connect/live/", connecting.live, name="channel_live"),
    path("channels/<slug:code>/connect/test-order/", connecting.test_order, name="channel_test_order"),
    path("channels/<slug:code>/connect/look/", connecting.look, name="channel_look"),
    path("channels/<slug:code>/connect/give-up/", connecting.abandon, name="channel_give_up"),
    path("channels/<slug:code>/", channel.channel, name="channel"),
    path("channels/<slug:code>/pause/", channel.pause, name="channel_pause"),
    path("channels/<slug:code>/resume/", channel.resume, name="channel_resume"),
    path("channels/<slug:code>/hooks/", channel.hooks, name="channel_hooks"),
    path("channels/<slug:code>/reconcile/", channel.reconcile, name="channel_reconcile"),
    path("channels/<slug:code>/prove/", channel.prove, name="channel_prove"),
    path("channels/<slug:code>/holding/", channel.holding, name="channel_holding"),
    path("stock/", stock.stock, name="stock"),
    path("stock/work/", stock_work.work, name="stock_work"),
    path("stock/work/preview/", stock_work.preview, name="stock_preview"),
    path("stock/work/book/", stock_work.book, name="stock_book"),
    path("stock/levels/<int:level_id>/", stock.level, name="level"),
    path("stock/channels/", channel_stock.channel_stock, name="channel_stock"),
    path("stock/channels/send/", channel_stock.send, name="channel_stock_send"),
    path("stock/channels/read/", channel_stock.read, name="channel_stock_read"),
    path("stock/channels/listings/<str:ref>/", channel_stock.why, name="channel_stock_why"),
    path("stock/channels/rules/<slug:code>/", stock_rules.rules, name="stock_rules"),
    path("stock/channels/rules/<slug:code>/edit/", stock_rules.edit, name="stock_rule"),
    path("stock/channels/rules/<slug:code>/preview/", stock_rules.preview, name="stock_rule_preview"),
    path("stock/channels/rules/<slug:code>/save/", stock_rules.save, name="stock_rule_save"),
    path("integrations/", integrations.health, name="integrations"),
    path("partners/", partners.all_partners, name="partners"),
    path("partners/<slug:code>/", partners.partner, name="partner"),
    path("partners/<slug:code>/prove/", partners.prove, name="partner_prove"),
    path("partners/<slug:code>/ask/", partners.ask, name="partner_ask"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/replay/", inbox.replay_all, name="inbox_replay_all"),
    path("inbox/quarantine/", quarantine.desk, name="quarantine"),
    path("inbox/quarantine/<str:key>/", quarantine.kind, name="quarantine_kind"),
    path("inbox/quarantine/<str:key>/replay/", quarantine.start, name="replay_start"),
    path("inbox/replays/<str:ref>/", quarantine.job, name="replay_job"),
    path("inbox/replays/<str:ref>/stop/", quarantine.stop, name="replay_stop"),
    path("inbox/<str:ref>/", inbox.inbox_message, name="inbox_message"),
    path("inbox/<str:ref>/mapping/", mappings.fix, name="inbox_mapping"),
    path("inbox/<str:ref>/replay/", inbox.replay, name="inbox_replay"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.bell, name="notices_bell"),
    path("notices/read/", notices.read_all, name="notices_read"),
    path("notices/<str:ref>/", notices.notice, name="notice"),
    path("parked/", parked.parked, name="parked"),
    path("parked/retry/", parked.retry, name="parked_retry"),
    path("parked/retry/all/", parked.retry_all, name="parked_retry_all"),
    path("parked/jobs/<str:ref>/", parked.job, name="redrive"),
    path("parked/jobs/<str:ref>/stop/", parked.stop, name="redrive_stop"),
    path("configuration/contracts/<int:pk>/", configuration.contract, name="contract"),
    path("configuration/policies/<int:pk>/", configuration.policy, name="policy"),
    path("configuration/contracts/<int:pk>/next/", mappings.edit, name="mapping_edit"),
    path("configuration/contracts/<int:pk>/save/", mappings.save, name="mapping_save"),
    path("configuration/contracts/<int:pk>/restore/", mappings.restore, name="mapping_restore"),
    path("configuration/policies/next/", policies.edit, name="policy_edit"),
    path("configuration/policies/save/", policies.save, name="policy_save"),
    path("configuration/policies/<int:pk>/restore/", policies.restore, name="policy_restore"),
    path("configuration/mail/", mail.mail, name="mail"),
    path("configuration/mail/save/", mail.save, name="mail_save"),
    path("configuration/mail/test/", mail.test, name="mail_test"),
    path("configuration/mail/texts/<str:code>/", mail.text, name="mail_text"),
    path("me/", me.me, name="me"),
    path("me/save/", me.save, name="me_save"),
    path("password/forgot/", me.forgot, name="password_forgot"),
    path("password/<uidb64>/<token>/", me.set_password, name="password_set"),
    path("partner-reply/<str:ref>/<str:signature>/", replies.reply, name="partner_reply"),
    path("configuration/limits/", limits.limits, name="limits"),
    path("configuration/limits/window/", limits.window, name="limits_window"),
    path("configuration/limits/<str:code>/", limits.save, name="limits_save"),
    path("views/save/", saved.save, name="view_save"),
    path("views/<int:view_id>/delete/", saved.delete, name="view_delete"),
]
