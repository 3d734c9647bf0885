"""/api/v1/…"""

from django.urls import path, register_converter

from apps.api.converters import NodeConverter, RefConverter, SkuConverter
from apps.api.v1 import (
    base,
    bulk,
    catalog,
    exceptions,
    fulfillment,
    inbox,
    inventory,
    network,
    order_actions,
    order_story,
    orders,
    shipments,
    uploads,
)

register_converter(RefConverter, "ref")
register_converter(NodeConverter, "node")
register_converter(SkuConverter, "sku")

urlpatterns = [
    path("orders", orders.Orders.as_view()),
    path("orders/bulk", bulk.BulkOrders.as_view()),
    path("orders/<ref:order_ref>", orders.OneOrder.as_view()),
    path("orders/<ref:order_ref>/timeline", order_story.TimelineView.as_view()),
    path("orders/<ref:order_ref>/decision", order_story.DecisionView.as_view()),
    path("orders/<ref:order_ref>/holds", order_actions.Holds.as_view()),
    path("orders/<ref:order_ref>/holds/release", order_actions.ReleaseHold.as_view()),
    path("orders/<ref:order_ref>/cancel", order_actions.Cancel.as_view()),
    path("jobs/<ref:job_ref>", bulk.OneJob.as_view()),
    path("uploads", uploads.Uploads.as_view()),
    path("uploads/<ref:upload_ref>", uploads.OneUpload.as_view()),
    path("uploads/<ref:upload_ref>/errors", uploads.UploadErrors.as_view()),
    path("inventory/levels", inventory.Levels.as_view()),
    path("inventory/levels/bulk", inventory.CountLevels.as_view()),
    path("inventory/levels/<node:node>/<sku:sku>/movements", inventory.Movements.as_view()),
    path("nodes", network.Nodes.as_view()),
    path("nodes/<node:node_code>", network.OneNode.as_view()),
    path("nodes/<node:node_code>/downtime", network.Downtimes.as_view()),
    path("channels", network.Channels.as_view()),
    path("fulfillment-orders", fulfillment.FulfillmentOrders.as_view()),
    path("fulfillment-orders/<ref:fulfillment_order_ref>", fulfillment.OneFulfillmentOrder.as_view()),
    path("fulfillment-orders/<ref:fulfillment_order_ref>/accept", fulfillment.Accept.as_view()),
    path("fulfillment-orders/<ref:fulfillment_order_ref>/reject", fulfillment.Reject.as_view()),
    path("fulfillment-orders/<ref:fulfillment_order_ref>/pick", fulfillment.Pick.as_view()),
    path("fulfillment-orders/<ref:fulfillment_order_ref>/pack", fulfillment.Pack.as_view()),
    path("fulfillment-orders/<ref:fulfillment_order_ref>/ship", fulfillment.Ship.as_view()),
    path("shipments", shipments.Shipments.as_view()),
    path("shipments/<ref:shipment_ref>", shipments.OneShipment.as_view()),
    path("shipments/<ref:shipment_ref>/delivered", shipments.Delivered.as_view()),
    path("shipments/<ref:shipment_ref>/failed", shipments.Failed.as_view()),
    path("exceptions", exceptions.Cases.as_view()),
    path("exceptions/<ref:case_ref>", exceptions.OneCase.as_view()),
    path("exceptions/<ref:case_ref>/resolve", exceptions.ResolveCase.as_view()),
    path("inbox", inbox.Messages.as_view()),
    path("inbox/<ref:message_ref>", inbox.OneMessage.as_view()),
    path("inbox/<ref:message_ref>/replay", inbox.Replay.as_view()),
    path("skus", catalog.Skus.as_view()),
    path("skus/bulk", catalog.UpsertSkus.as_view()),
    path("skus/<sku:code>", catalog.OneSku.as_view()),
    path("", base.NothingHere.as_view()),
    path("<path:rest>", base.NothingHere.as_view()),
]
