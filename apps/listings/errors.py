"""The refusals of listings."""

from __future__ import annotations

from apps.core.errors import DomainError, NotFound


class ListingNotFound(NotFound):
    code = "listing_not_found"
    message = "{channel} does not list {sku}."


class RuleNotFound(NotFound):
    code = "stock_rule_not_found"
    message = "There is no such rule."


class RuleRefused(DomainError):
    code = "stock_rule_refused"
    status = 422
    message = "The rule can't be kept: {problem}."


class CatalogNotOffered(DomainError):
    code = "catalog_not_offered"
    message = "The catalog of {channel} can't be read: its kind of channel offers none, or it is not connected."


class ImportNotFound(NotFound):
    code = "catalog_import_not_found"
    message = "There is no such import."


class ImportUnderWay(DomainError):
    code = "catalog_import_under_way"
    message = "A catalog of {channel} is being imported; wait for it, or drop it."


class ImportNotThere(DomainError):
    code = "catalog_import_not_there"
    message = "The import is {state}; that can't be done now."


class PlaceNotFound(NotFound):
    code = "channel_place_not_found"
    message = "There is no such location."


class PlaceRefused(DomainError):
    code = "channel_place_refused"
    status = 422
    message = "{place} can't be made one of your locations: {problem}."


class MergeRefused(DomainError):
    code = "sku_merge_refused"
    message = "{sku} can't become another SKU: it stands in orders, is kept in stock or is a part of a set."


class FeedOff(DomainError):
    code = "stock_feed_off"
    message = "{channel} offers no stock feed: {problem}."
