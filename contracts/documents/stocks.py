"""Stock documents (trade.md row 11): what the author allots to this partner, per SKU and location."""

from __future__ import annotations

from typing import ClassVar, Final

from pydantic import model_validator

from contracts.documents.fields import (
    Code,
    Country,
    Date,
    Difference,
    Document,
    Fields,
    Gln,
    Id,
    Lines,
    Quantity,
    QuantityOrNone,
    Region,
    Short,
    Size,
    repeated,
)

MAIN: Final = "main"  # the location of a merchant who has only one


class Location(Fields):
    """Where stock lies: the owner's `code` for it, and what the partner may know of it.

    `customs` is the code of a customs territory where it is not the one of the country, as for a bonded warehouse.
    """

    code: Id
    name: Id | None = None
    country: Country | None = None
    region: Region | None = None
    customs: Code | None = None
    gln: Gln | None = None


class Incoming(Fields):
    """Goods under way: how many, expected when."""

    quantity: Quantity
    date: Date


class Level(Fields):
    """`available` to promise to this partner. `as_of` is the owner's own counter: an older report never overwrites
    a newer one; without it the order of the logbook decides."""

    sku: Id
    location: Id = MAIN
    available: QuantityOrNone
    incoming: Short[Incoming] = ()
    as_of: Size | None = None


class Step(Fields):
    """`difference` to what was available before."""

    sku: Id
    location: Id = MAIN
    difference: Difference
    as_of: Size | None = None


class Snapshot(Document):
    """Sets stock levels; SKUs that it does not name keep theirs. `locations` describes the new and changed."""

    TYPE: ClassVar[str] = "stock.snapshot"
    items: Lines[Level]
    locations: Short[Location] = ()

    @model_validator(mode="after")
    def _once(self) -> Snapshot:
        if len({(item.sku, item.location) for item in self.items}) < len(self.items):
            raise repeated("each SKU once per location", "items", len(self.items))
        if len({location.code for location in self.locations}) < len(self.locations):
            raise repeated("each location once", "locations", len(self.locations))
        return self


class Delta(Document):
    """Changes stock levels by differences."""

    TYPE: ClassVar[str] = "stock.delta"
    items: Lines[Step]

    @model_validator(mode="after")
    def _once(self) -> Delta:
        if len({(item.sku, item.location) for item in self.items}) < len(self.items):
            raise repeated("each SKU once per location", "items", len(self.items))
        return self


TYPES: Final[tuple[type[Document], ...]] = (Snapshot, Delta)
