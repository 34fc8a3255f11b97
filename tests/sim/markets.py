"""Who trades with whom in a world of merchants: drawn from the seed alone, so that a plan needs to say only its names.

A factory makes goods, a dealer sells them on under its own name, shops buy from the dealer, from the factory, or from
both. From six merchants on there is a second factory, from seven on a second dealer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.sim import entropy

SECOND_FACTORY_FROM = 6
SECOND_DEALER_FROM = 7


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a factory: its price in minor units and what lies on the shelf at the beginning."""

    sku: str
    price_minor: int
    stock: int


@dataclass(frozen=True, slots=True)
class Market:
    """`sources`: dealer -> the factory whose goods it sells on. `suppliers`: shop -> from whom it buys. `sideline`:
    what the first shop makes itself."""

    factories: tuple[str, ...]
    dealers: tuple[str, ...]
    shops: tuple[str, ...]
    articles: dict[str, tuple[Article, ...]]
    sources: dict[str, str]
    suppliers: dict[str, tuple[str, ...]]
    stock_share_s: int
    sideline: tuple[Article, ...]

    def supplies(self) -> list[tuple[str, str]]:
        """Every (seller, buyer): those of the dealers first, since they sell on what they are offered."""
        found = [(factory, dealer) for dealer, factory in self.sources.items()]
        return found + [(seller, shop) for shop, sellers in self.suppliers.items() for seller in sellers]

    def shipper(self, seller: str) -> str:
        """Who hands over what is bought from a seller."""
        return self.sources.get(seller, seller)

    def offered(self, seller: str) -> tuple[Article, ...]:
        """What a seller offers."""
        return self.articles[self.shipper(seller)]


def draw(seed: int, names: Sequence[str]) -> Market:
    """The market of a seed, for three merchants and more."""
    chance = entropy.Draw(seed, "market")
    count = len(names)
    factories = (names[0], *names[3:4]) if count >= SECOND_FACTORY_FROM else (names[0],)
    dealers = (names[1], *names[4:5]) if count >= SECOND_DEALER_FROM else (names[1],)
    shops = tuple(name for name in names if name not in factories and name not in dealers)
    sources = {dealer: factories[place % len(factories)] for place, dealer in enumerate(dealers)}
    suppliers: dict[str, tuple[str, ...]] = {}
    for place, shop in enumerate(shops):
        chosen = [dealer for dealer in dealers if chance.chance(0.6)]
        chosen += [factory for factory in factories if chance.chance(0.6)]
        if place == 0:  # somebody uses the chain, and somebody buys without it
            chosen = [dealers[0], factories[0]]
        suppliers[shop] = tuple(chosen or [dealers[-1]])
    articles = {factory: _articles(chance, factory) for factory in factories}
    stock_share_s = chance.choice((60, 300, 900))
    sideline = _articles(entropy.Draw(seed, "sideline"), shops[0])
    return Market(factories, dealers, shops, articles, sources, suppliers, stock_share_s, sideline)


def _articles(chance: entropy.Draw, factory: str) -> tuple[Article, ...]:
    return tuple(
        Article(f"{factory[0].upper()}-{number}", chance.between(100, 9_900), chance.between(10, 60))
        for number in range(chance.between(2, 4))
    )


def sheet(articles: Sequence[Article]) -> bytes:
    """A factory's goods as a merchant would write them down."""
    rows = ["sku,title_zh,title_en,price,stock"]
    rows += [
        f"{article.sku},商品 {article.sku},Article {article.sku},{article.price_minor / 100:.2f},{article.stock}"
        for article in articles
    ]
    return "\n".join(rows).encode()
