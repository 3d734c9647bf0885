"""The addresses of the console."""

from django.urls import path

from apps.console.views import (
    cases,
    configuration,
    fulfillment,
    home,
    inbox,
    notices,
    order,
    orders,
    parked,
    saved,
    search,
    stock,
)

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("orders/", orders.orders, name="orders"),
    path("orders/export.csv", orders.export, name="orders_export"),
    path("orders/<str:ref>/", order.order, name="order"),
    path("orders/<str:ref>/hold/", order.hold, name="order_hold"),
    path("orders/<str:ref>/release/", order.release, name="order_release"),
    path("orders/<str:ref>/cancel/", order.cancel, name="order_cancel"),
    path("orders/<str:ref>/decisions/<str:decision_ref>/replay/", order.replay_decision, name="decision_replay"),
    path("exceptions/", cases.cases, name="cases"),
    path("exceptions/<str:ref>/", cases.case, name="case"),
    path("exceptions/<str:ref>/resolve/", cases.resolve, name="case_resolve"),
    path("fulfillment/", fulfillment.fulfillment, name="fulfillment"),
    path("fulfillment/<str:ref>/", fulfillment.fulfillment_order, name="fulfillment_order"),
    path("fulfillment/<str:ref>/<str:verb>/", fulfillment.work, name="fulfillment_work"),
    path("stock/", stock.stock, name="stock"),
    path("stock/levels/<int:level_id>/", stock.level, name="level"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<str:ref>/", inbox.inbox_message, name="inbox_message"),
    path("inbox/<str:ref>/replay/", inbox.replay, name="inbox_replay"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.bell, name="notices_bell"),
    path("notices/read/", notices.read_all, name="notices_read"),
    path("notices/<str:ref>/", notices.notice, name="notice"),
    path("parked/", parked.parked, name="parked"),
    path("parked/retry/", parked.retry, name="parked_retry"),
    path("configuration/contracts/<int:pk>/", configuration.contract, name="contract"),
    path("configuration/policies/<int:pk>/", configuration.policy, name="policy"),
    path("views/save/", saved.save, name="view_save"),
    path("views/<int:view_id>/delete/", saved.delete, name="view_delete"),
]
