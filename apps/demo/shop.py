"""Harbour & Pine, a made-up homeware retailer: what it sells, from where, through which channels."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Place:
    code: str
    name: str
    kind: str
    city: str
    postal_code: str
    latitude: float
    longitude: float
    handling: int
    pick: int
    capabilities: tuple[str, ...] = ()
    capacity: int | None = None
    partner: str = ""


ALL = ("express", "next_day", "same_day", "pickup")
NODES = (
    Place("leeds-dc", "Leeds", "warehouse", "Leeds", "LS10 1AB", 53.78, -1.53, 60, 12, ("express", "next_day")),
    Place("hull", "Hull", "store", "Hull", "HU1 2AA", 53.744, -0.339, 140, 30, ALL, 60),
    Place("york", "York", "store", "York", "YO1 7HH", 53.959, -1.082, 150, 30, ALL, 40),
    Place("london-oxford-st", "London Oxford Street", "store", "London", "W1D 1BS", 51.515, -0.141, 190, 35, ALL, 80),
    Place("bristol", "Bristol", "store", "Bristol", "BS1 4DJ", 51.454, -2.594, 150, 30, ALL, 50),
    Place(
        "midlands-3pl", "Midlands Fulfilment Co", "3pl", "Coventry", "CV3 4LB", 52.38, -1.47, 95, 18,
        ("express", "next_day", "accept_reject", "cancel", "look_up"), None, "midlands",
    ),
    Place(
        "clyde-ceramics", "Clyde Ceramics", "dropship", "Glasgow", "G51 3HR", 55.86, -4.31, 40, 60,
        ("accept_reject", "cancel"), None, "clyde",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    code: str
    name: str
    category: str
    price: int
    cost: int
    weight_g: int


_RANGES: tuple[tuple[str, str, int, int, tuple[tuple[str, str], ...]], ...] = (
    (
        "MUG",
        "Stoneware mug",
        1400,
        420,
        (("BLU", "harbour blue"), ("GRY", "fog grey"), ("OCH", "ochre"), ("WHT", "chalk")),
    ),
    ("PLT", "Dinner plate", 1800, 880, (("BLU", "harbour blue"), ("GRY", "fog grey"), ("WHT", "chalk"))),
    ("BWL", "Deep bowl", 1600, 640, (("BLU", "harbour blue"), ("OCH", "ochre"), ("WHT", "chalk"))),
    ("LMP", "Pine table lamp", 8900, 2100, (("S", "small"), ("L", "large"))),
    ("THR", "Lambswool throw", 7200, 900, (("MOS", "moss"), ("SLT", "slate"), ("RST", "rust"))),
    ("CUS", "Linen cushion", 3600, 550, (("MOS", "moss"), ("SLT", "slate"), ("RST", "rust"), ("NAT", "natural"))),
    ("CND", "Soy candle", 2200, 380, (("CED", "cedar"), ("SEA", "sea salt"), ("FIG", "fig leaf"))),
    ("BRD", "Oak board", 4200, 1300, (("M", "medium"), ("L", "large"))),
    ("TWL", "Waffle towel", 2600, 480, (("WHT", "chalk"), ("SLT", "slate"))),
    ("JUG", "Water jug", 3400, 1100, (("CLR", "clear"), ("GRN", "bottle green"))),
)
_CATEGORY = {"MUG": "tableware", "PLT": "tableware", "BWL": "tableware", "LMP": "lighting", "THR": "textiles"}
_CATEGORY |= {"CUS": "textiles", "CND": "scent", "BRD": "kitchen", "TWL": "textiles", "JUG": "tableware"}

PRODUCTS = tuple(
    Product(f"{stem}-{variant}", f"{name}, {said}", _CATEGORY[stem], price, price * 2 // 5, weight)
    for stem, name, price, weight, variants in _RANGES
    for variant, said in variants
)
# Ordered by those who saw it in last year's catalog; nobody has one left.
SOLD_OUT = Product("MUG-SAG", "Stoneware mug, sage", "tableware", 1400, 560, 420)
BUNDLES = {"SET-BREAKFAST": ("Breakfast set for two, harbour blue", {"MUG-BLU": 2, "BWL-BLU": 2}, 5400)}

# Which kinds of goods a node keeps, and about how many of each.
STOCK: dict[str, tuple[tuple[str, ...], int]] = {
    "leeds-dc": (("tableware", "lighting", "textiles", "scent", "kitchen"), 400),
    "hull": (("tableware", "textiles", "scent"), 14),
    "york": (("tableware", "textiles", "scent", "kitchen"), 10),
    "london-oxford-st": (("tableware", "lighting", "textiles", "scent", "kitchen"), 24),
    "bristol": (("textiles", "scent", "kitchen"), 12),
    "midlands-3pl": (("textiles", "lighting", "kitchen"), 250),
    "clyde-ceramics": (("tableware",), 120),
}

MAYAS_STORE = "london-oxford-st"
# Maya runs one store and sees what concerns it; Nadia looks after all of them.
PEOPLE: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("dana", "Dana", "Whitfield", "agent", ()),
    ("lee", "Lee", "Okafor", "lead", ()),
    ("maya", "Maya", "Lindqvist", "manager", (MAYAS_STORE,)),
    ("nadia", "Nadia", "Rahman", "manager", ()),
    ("oscar", "Oscar", "Petit", "operations", ()),
    ("admin", "Ada", "Admin", "admin", ()),
)
# Who takes turns at the customer desk, and in which queues.
DESK, DESK_QUEUES = ("dana", "lee"), ("orders", "payments", "stock", "late")
PASSWORD = "orderyard-demo"  # noqa: S105 - made-up shop


def api_key() -> str:
    """The text of the demo's API key: another one on every machine, the same from run to run."""
    return "oy_demo_" + hmac.new(settings.SECRET_KEY.encode(), b"the demo's API key", "sha256").hexdigest()[:40]


def signing_secret() -> str:
    """What the sandbox signs with as shop and partner."""
    secret: str = settings.ORDERYARD["SANDBOX_SECRET"]
    return secret
