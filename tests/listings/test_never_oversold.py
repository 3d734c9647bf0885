"""Three channels sell one pile while messages are lost, late and out of order: more than there is is sold only by what was sold
while a figure was on its way, and that is measured."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import event, given, settings, target
from hypothesis import strategies as st

from apps.listings.sellable import AtNode, Rule, SkuStock, sellable

CHANNELS = 3
HERE = frozenset({1})


@dataclass(frozen=True)
class Message:
    """A figure on its way, and which sales were known when it was computed."""

    units: int
    knows: frozenset[int]
    expected: int | None


@dataclass
class Shop:
    """Obeys the figure it took last: it sells that many and no more. ``sales`` of which we have not heard stay in ``unheard``."""

    shows: int = 0
    knows: frozenset[int] = frozenset()
    own_since: set[int] = field(default_factory=set)
    unheard: list[int] = field(default_factory=list)
    on_its_way: Message | None = None
    last_known: int | None = None


@dataclass
class World:
    stock: int
    buffer: int
    compares: bool
    sold: int = 0
    heard: set[int] = field(default_factory=set)
    shops: list[Shop] = field(default_factory=lambda: [Shop() for _ in range(CHANNELS)])
    # The most units that any sale was blind to: sold by then, and in no way in the figure the shop obeyed.
    blind: int = 0

    def figure(self) -> int:
        pile = SkuStock(at=[AtNode(node=1, on_hand=self.stock, reserved=len(self.heard))])
        return sellable(1, HERE, pile, Rule(buffer_units=self.buffer)).units or 0

    def sell(self, shop: Shop) -> None:
        if shop.shows <= 0:
            return
        self.blind = max(self.blind, self.sold - len(shop.knows | shop.own_since))
        sale, self.sold = self.sold, self.sold + 1
        shop.shows -= 1
        shop.own_since.add(sale)
        shop.unheard.append(sale)

    def hear(self, shop: Shop, which: int) -> None:
        """An order arrives, not always the oldest one first."""
        if shop.unheard:
            self.heard.add(shop.unheard.pop(which % len(shop.unheard)))

    def send(self, shop: Shop) -> None:
        """One call at a time to each shop; the figure is the newest there is when the call begins."""
        if shop.on_its_way is None:
            shop.on_its_way = Message(self.figure(), frozenset(self.heard), shop.last_known if self.compares else None)

    def arrive(self, shop: Shop, fate: str) -> None:
        message, shop.on_its_way = shop.on_its_way, None
        if message is None or fate == "lost":
            return
        if message.expected is not None and message.expected != shop.shows:
            shop.last_known = shop.shows
            return
        shop.shows, shop.knows, shop.own_since = message.units, message.knows, set()
        # Where the answer is lost the shop is asked what it shows before it is sent anything again.
        shop.last_known = None if fate == "answer lost" else message.units


steps = st.tuples(
    st.sampled_from(["sell", "sell", "sell", "hear", "hear", "send", "send", "arrive"]),
    st.integers(0, CHANNELS - 1),
    st.integers(0, 5),
    st.sampled_from(["well", "well", "well", "lost", "answer lost"]),
)


def play(world: World, moves: list[tuple[str, int, int, str]]) -> None:
    for verb, number, which, fate in moves:
        shop = world.shops[number]
        if verb == "sell":
            world.sell(shop)
        elif verb == "hear":
            world.hear(shop, which)
        elif verb == "send":
            world.send(shop)
        else:
            world.arrive(shop, fate)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 8), st.integers(0, 4), st.booleans(), st.lists(steps, max_size=120))
def test_more_is_sold_only_by_what_was_sold_while_a_figure_was_on_its_way(
    stock: int, buffer: int, compares: bool, moves: list[tuple[str, int, int, str]]
):
    world = World(stock, buffer, compares)
    play(world, moves)
    oversold = max(world.sold - stock, 0)
    target(float(oversold))
    event(f"oversold by {oversold}")

    assert oversold <= max(world.blind - buffer, 0)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 8), st.lists(st.tuples(st.integers(0, CHANNELS - 1), st.booleans()), max_size=60))
def test_no_more_is_sold_than_there_is_where_every_sale_is_heard_before_the_next(
    stock: int, moves: list[tuple[int, bool]]
):
    """No delay, no buffer: whatever the order of sales, nothing is oversold."""
    world = World(stock, 0, compares=True)
    for number, _ in moves:
        for shop in world.shops:
            shop.last_known = shop.shows
            world.send(shop)
            world.arrive(shop, "well")
        world.sell(world.shops[number])
        world.hear(world.shops[number], 0)

    assert world.sold <= stock


def test_a_delay_does_oversell_so_that_the_measure_is_no_empty_one():
    world = World(stock=2, buffer=0, compares=False)
    for shop in world.shops:
        world.send(shop)
        world.arrive(shop, "well")
    for shop in world.shops:
        world.sell(shop)

    assert (world.sold - world.stock, world.blind) == (1, 2)
