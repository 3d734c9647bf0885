"""What stands in a purchase order: what a vendor needs to pack the parcel and write its label, and nothing else."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core.spreadsheets import safe_cell
from apps.integrations.framework.base import Message
from apps.integrations.reply_links import reply_link
from apps.outbound.mail import Mail

# Of the customer, only this. A mailbox is read by many and kept for long: no mail address, no phone, no note.
ADDRESS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")
ABOUT = ("fulfillment_order", "order", "service_level", "ship_by")
LINE = ("line_id", "sku", "title", "quantity")
COLUMNS = ("purchase_order", *ABOUT[1:], *LINE, *ADDRESS)


def purchase_order(message: Message, *, to: str) -> Mail:
    """The mail about one fulfillment order, in the language of the installation."""
    number = str(message["fulfillment_order"])
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Purchase order {number} from {shop}").format(number=number, shop=settings.ORDERYARD["SHOP_NAME"])
        text = _text(message, number)
    # A mailbox that gets the same mail over two ways shows it once.
    headers = {"Message-ID": f"<{number}@orderyard.invalid>", "Auto-Submitted": "auto-generated"}
    return Mail(to, subject, text, ((f"{number}.csv", as_csv(message), "text/csv"),), headers)


def as_csv(message: Message) -> str:
    """One row for each line, each with all that is said of the order."""
    kept = StringIO()
    writer = csv.writer(kept)
    writer.writerow(COLUMNS)
    about, address = _picked(message, ABOUT), _picked(message["deliver_to"], ADDRESS)
    for line in message["lines"]:
        cells = (*about, *_picked(line, LINE), *address)
        writer.writerow([cell if isinstance(cell, int) else safe_cell(cell) for cell in cells])
    return kept.getvalue()


def _picked(given: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    return ["" if given.get(name) is None else given[name] for name in names]


def _text(message: Message, number: str) -> str:
    facts = [(_("Purchase order"), number), (_("Order"), message.get("order")), (_("Ship by"), message.get("ship_by"))]
    goods = [f"{line['quantity']} × {line['sku']}  {line.get('title', '')}".rstrip() for line in message["lines"]]
    return "\n".join(
        [
            *[f"{label}: {said}" for label, said in facts if said],
            "",
            *goods,
            "",
            _("Ship to:"),
            *[str(part) for part in _picked(message["deliver_to"], ADDRESS) if part],
            "",
            _("Accept it, reject it, or say that it has shipped or can’t ship:"),
            reply_link(number),
            "",
            _("The same is attached as a CSV file. Please do not forward the link: whoever has it answers for you."),
            "",
        ]
    )
