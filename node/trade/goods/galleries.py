"""Pictures of goods: taking mine in, and showing all of them as checked rasters and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import pydantic

from node import errors
from node.storage import blobs, shelves
from node.trade import attachments, books, doors, pictures, rasters
from node.trade.goods import articles, catalogues

register = doors.Register()
IMAGES_MAX = 8
"""Pictures of one article: what a shop window shows."""


class Add(doors.Arguments):
    """Pictures for an article of mine, behind those that it has."""

    sku: str
    files: Annotated[list[attachments.File], pydantic.Field(min_length=1, max_length=IMAGES_MAX)]


class Change(doors.Arguments):
    """A picture of an article of mine, by its hash."""

    sku: str
    image: str


class One(doors.Arguments):
    """A picture by its SHA-256 in hex. `small`: as lists show it."""

    size: rasters.Size = "full"
    image: Annotated[str, pydantic.Field(pattern="^[0-9a-f]{64}$")]


@register.case("picture.add", Add)
async def add(trade: doors.Trade, given: Add, report: doors.Report) -> doors.Json:
    """Add pictures; partners get them with the next `catalogue share`."""
    found = await cleaned(given.files)

    def unit(desk: books.Desk) -> doors.Json:
        good = shown_in(desk, articles.find(desk, given.sku), found)
        return keep(desk, good, good.content["images"])

    return await trade.books.act(unit)


async def cleaned(files: Sequence[attachments.File]) -> list[pictures.Picture]:
    """The pictures in some files, made in a thread. NodeError `attachment.unreadable` with every fault."""
    found, faults = [], []
    for place, file in enumerate(files):
        try:
            found.append(await asyncio.to_thread(rasters.made, bytes.fromhex(file.data_hex)))
        except pictures.Unreadable as error:
            faults.append({**attachments.fault(place, str(error), file.name), "code": error.code})
        except ValueError:
            faults.append(attachments.fault(place, "bytes in hex", file.name))
    if faults:
        raise errors.NodeError("attachment.unreadable", "a picture cannot be shown", faults=faults)
    return found


def shown_in(desk: books.Desk, good: shelves.Good, found: Sequence[pictures.Picture]) -> shelves.Good:
    """An article with more pictures behind those that it has."""
    images: list[dict[str, Any]] = list(good.content.get("images") or [])
    for picture in found:
        digest = blobs.put(desk.db, picture.data).hex()
        if digest not in {image["hash"] for image in images}:
            images.append({"hash": digest, "media": picture.media, "len": len(picture.data)})
    if len(images) > IMAGES_MAX:
        raise errors.NodeError("attachment.unreadable", "too many pictures", expected=IMAGES_MAX, got=len(images))
    return catalogues.owned(good, {**good.content, "images": images})


@register.case("picture.first", Change)
async def first(trade: doors.Trade, given: Change, report: doors.Report) -> doors.Json:
    """Make a picture the one that lists show."""

    def unit(desk: books.Desk) -> doors.Json:
        good = articles.find(desk, given.sku)
        images = good.content.get("images") or []
        return keep(desk, good, sorted(images, key=lambda image: str(image["hash"]) != given.image))

    return await trade.books.act(unit)


@register.case("picture.remove", Change)
async def remove(trade: doors.Trade, given: Change, report: doors.Report) -> doors.Json:
    """Show a picture no longer."""

    def unit(desk: books.Desk) -> doors.Json:
        good = articles.find(desk, given.sku)
        return keep(desk, good, [one for one in good.content.get("images") or [] if one["hash"] != given.image])

    return await trade.books.act(unit)


def keep(desk: books.Desk, good: shelves.Good, images: list[dict[str, Any]]) -> doors.Json:
    """Store the pictures of an article."""
    shelves.put_good(desk.db, catalogues.owned(good, {**good.content, "images": images}))
    return {"sku": good.sku, "images": len(images)}


@register.case("picture.show", One)
async def show(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """A picture, mine or a partner's, made anew. NodeError `picture.unknown` for what is not here or is no picture.

    What was signed is the hash of the bytes that its owner made; these are other ones, for showing alone.
    """
    try:
        picture = trade.rasters.get(given.image, given.size)
        if picture is None:
            data = await trade.database.read(lambda db: blobs.get(db, bytes.fromhex(given.image)))
            picture = await asyncio.to_thread(rasters.made, data or b"", given.size)
            trade.rasters.put(given.image, given.size, picture)
    except pictures.Unreadable as error:
        raise errors.NodeError(
            "picture.unknown", "there is no such picture", expected="PNG, JPEG or WebP", got=given.image
        ) from error
    return {"media": picture.media, "width": picture.width, "height": picture.height, "data_hex": picture.data.hex()}
