"""/api/v1/…"""

from django.urls import path

from apps.api.v1 import fulfillment, orders

urlpatterns = [
    path("orders", orders.Orders.as_view(), name="orders"),
    path("orders/<str:order_ref>", orders.OneOrder.as_view(), name="order"),
    path(
        "fulfillment-orders/<str:fulfillment_order_ref>/ship", fulfillment.Ship.as_view(), name="fulfillment-order-ship"
    ),
]
