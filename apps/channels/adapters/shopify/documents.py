"""Every GraphQL document that is sent to Shopify, by the name of its operation. Pure.

A test holds them, and the variables they are sent with, to Shopify's published schema.
"""

from __future__ import annotations

_MONEY = "{ shopMoney { amount } }"
_ADDRESS = """
fragment Address on MailingAddress {
  name firstName company address1 address2 city zip province provinceCode country countryCodeV2 phone
}
"""
_LINE = f"""
fragment Line on LineItem {{
  id sku title name quantity currentQuantity fulfillableQuantity fulfillmentStatus requiresShipping isGiftCard
  product {{ id }}
  fulfillmentService {{ handle }}
  originalUnitPriceSet {_MONEY}
  totalDiscountSet {_MONEY}
  discountAllocations {{ allocatedAmountSet {_MONEY} }}
  taxLines {{ priceSet {_MONEY} }}
  customAttributes {{ key value }}
}}
"""
_SENT = """
fragment Sent on Order {
  fulfillments(first: $parts) {
    id status
    fulfillmentLineItems(first: $lines) { nodes { quantity lineItem { id } } pageInfo { hasNextPage } }
  }
  refunds(first: $parts) {
    id
    refundLineItems(first: $lines) { nodes { quantity restockType lineItem { id } } pageInfo { hasNextPage } }
  }
}
"""
_ORDER = (
    f"""
fragment Whole on Order {{
  id name number email phone note tags test
  createdAt processedAt updatedAt cancelledAt closedAt cancelReason
  currencyCode taxesIncluded displayFinancialStatus displayFulfillmentStatus paymentGatewayNames
  risk {{ recommendation }}
  customer {{
    id firstName lastName tags
    defaultEmailAddress {{ emailAddress }}
    defaultPhoneNumber {{ phoneNumber }}
  }}
  shippingAddress {{ ...Address }}
  billingAddress {{ ...Address }}
  subtotalPriceSet {_MONEY}
  currentSubtotalPriceSet {_MONEY}
  totalTaxSet {_MONEY}
  currentTotalTaxSet {_MONEY}
  totalPriceSet {_MONEY}
  currentTotalPriceSet {_MONEY}
  totalDiscountsSet {_MONEY}
  totalTipReceivedSet {_MONEY}
  originalTotalDutiesSet {_MONEY}
  currentTotalDutiesSet {_MONEY}
  originalTotalAdditionalFeesSet {_MONEY}
  currentTotalAdditionalFeesSet {_MONEY}
  shippingLines(first: 5, includeRemovals: true) {{
    nodes {{
      id title code deliveryCategory isRemoved
      originalPriceSet {_MONEY}
      discountAllocations {{ allocatedAmountSet {_MONEY} }}
      taxLines {{ priceSet {_MONEY} }}
    }}
  }}
  lineItems(first: $lines) {{ nodes {{ ...Line }} pageInfo {{ hasNextPage endCursor }} }}
  ...Sent
}}
"""
    + _SENT
    + _LINE
    + _ADDRESS
)

ORDERS_CHANGED = (
    """
query OrdersChanged($query: String!, $first: Int!, $after: String, $lines: Int!, $parts: Int!) {
  shop { myshopifyDomain }
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { ...Whole }
    pageInfo { hasNextPage endCursor }
  }
}
"""
    + _ORDER
)
ORDER_WHOLE = (
    """
query OrderWhole($id: ID!, $lines: Int!, $parts: Int!) {
  order(id: $id) {
    ...Whole
    fulfillmentOrders(first: $parts) {
      nodes {
        id status requestStatus
        assignedLocation { location { id } }
        fulfillmentHolds { handle heldByRequestingApp }
      }
    }
  }
}
"""
    + _ORDER
)
ORDER_NAMED = """
query OrderNamed($id: ID!) {
  fulfillmentOrder(id: $id) { orderId }
}
"""
ORDER_LINES = (
    """
query OrderLines($id: ID!, $first: Int!, $after: String) {
  order(id: $id) {
    updatedAt
    lineItems(first: $first, after: $after) { nodes { ...Line } pageInfo { hasNextPage endCursor } }
  }
}
"""
    + _LINE
)
ORDERS_THERE = """
query OrdersThere($ids: [ID!]!) {
  nodes(ids: $ids) { id }
}
"""
FULFILLMENT_ORDERS = """
query FulfillmentOrders($id: ID!, $after: String, $first: Int!, $lines: Int!) {
  order(id: $id) {
    fulfillmentOrders(first: $first, after: $after) {
      nodes {
        id status requestStatus
        assignedLocation { location { id } }
        fulfillmentHolds { id handle heldByRequestingApp }
        lineItems(first: $lines) {
          nodes { id totalQuantity remainingQuantity lineItem { id } }
          pageInfo { hasNextPage endCursor }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
FULFILLMENT_ORDER_LINES = """
query FulfillmentOrderLines($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: 100, after: $after) {
      nodes { id totalQuantity remainingQuantity lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
FULFILLMENTS_THERE = """
query FulfillmentsThere($id: ID!) {
  order(id: $id) {
    fulfillments(first: 100) { id status trackingInfo(first: 5) { number } }
  }
}
"""
FULFILLMENT_LINES = """
query FulfillmentLines($id: ID!, $after: String) {
  fulfillment(id: $id) {
    fulfillmentLineItems(first: 100, after: $after) {
      nodes { quantity lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
ORDER_STATE = """
query OrderState($id: ID!) {
  order(id: $id) { cancelledAt note }
}
"""

FULFILLMENT_CREATE = """
mutation FulfillmentCreate($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id }
    userErrors { field message }
  }
}
"""
ORDER_CANCEL = """
mutation OrderCancel($id: ID!, $notify: Boolean!, $restock: Boolean!) {
  orderCancel(orderId: $id, reason: OTHER, notifyCustomer: $notify, restock: $restock) {
    job { id }
    orderCancelUserErrors { field message }
  }
}
"""
ORDER_NOTE = """
mutation OrderNote($input: OrderInput!) {
  orderUpdate(input: $input) {
    order { id }
    userErrors { field message }
  }
}
"""

FULFILLMENT_ORDER_HOLD = """
mutation FulfillmentOrderHold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
    fulfillmentHold { id }
    userErrors { field message code }
  }
}
"""
RELEASE_HOLD = """
mutation ReleaseHold($id: ID!, $holds: [ID!]!) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) {
    fulfillmentOrder { id }
    userErrors { field message }
  }
}
"""
READY_FOR_PICKUP = """
mutation ReadyForPickup($input: FulfillmentOrderLineItemsPreparedForPickupInput!) {
  fulfillmentOrderLineItemsPreparedForPickup(input: $input) {
    userErrors { field message }
  }
}
"""
ACCEPT_REQUEST = """
mutation AcceptRequest($id: ID!) {
  fulfillmentOrderAcceptFulfillmentRequest(id: $id) {
    fulfillmentOrder { id }
    userErrors { field message }
  }
}
"""
REJECT_CANCELLATION = """
mutation RejectCancellation($id: ID!) {
  fulfillmentOrderRejectCancellationRequest(id: $id, message: "It has left already.") {
    fulfillmentOrder { id }
    userErrors { field message }
  }
}
"""
FULFILLMENT_ORDER_MOVE = """
mutation FulfillmentOrderMove($id: ID!, $location: ID!, $lines: [FulfillmentOrderLineItemInput!]) {
  fulfillmentOrderMove(id: $id, newLocationId: $location, fulfillmentOrderLineItems: $lines) {
    movedFulfillmentOrder { id }
    userErrors { field message }
  }
}
"""

PRIMARY_LOCATION = """
query PrimaryLocation {
  shop { myshopifyDomain }
  location { id }
}
"""
LOCATIONS = """
query Locations($after: String) {
  locations(first: 50, after: $after, includeInactive: true) {
    nodes { id name isActive address { address1 city zip provinceCode province countryCode } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
STOCK_SHOWN = """
query StockShown($ids: [ID!]!, $location: ID!) {
  shop { myshopifyDomain }
  nodes(ids: $ids) {
    ... on InventoryItem {
      id tracked
      inventoryLevel(locationId: $location) { quantities(names: ["available"]) { quantity } }
    }
  }
}
"""
STOCK_SET = """
mutation StockSet($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    userErrors { field message code }
  }
}
"""
CATALOG = """
query Catalog($first: Int!, $after: String) {
  shop { currencyCode }
  productVariantsCount { count precision }
  productVariants(first: $first, after: $after, sortKey: ID) {
    nodes {
      id sku barcode price title
      selectedOptions { name value }
      media(first: 1) { nodes { preview { image { url } } } }
      product { title status featuredMedia { preview { image { url } } } }
      productVariantComponents(first: 10) { nodes { quantity productVariant { id sku } } }
      inventoryItem {
        id tracked harmonizedSystemCode countryCodeOfOrigin
        unitCost { amount currencyCode }
        measurement { weight { unit value } }
        inventoryLevels(first: 10) { nodes { location { id } quantities(names: ["available"]) { quantity } } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

CONNECTION = """
query Connection {
  shop { name myshopifyDomain currencyCode ianaTimezone shopAddress { countryCodeV2 } }
  currentAppInstallation { accessScopes { handle } }
}
"""
HOOKS = """
query Hooks($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri }
    pageInfo { hasNextPage endCursor }
  }
}
"""
HOOK_CREATE = """
mutation HookCreate($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}
"""
HOOK_DELETE = """
mutation HookDelete($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}
"""
TEST_ORDER = """
mutation TestOrder($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {
  orderCreate(order: $order, options: $options) {
    order { id }
    userErrors { field message }
  }
}
"""
