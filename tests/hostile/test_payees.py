"""What a partner calls its payment details: other bytes, other currencies, scripts for names, files without end."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from contracts import payees
from node.storage import blobs
from protocol import encoding, limits, messages
from protocol.encoding import Value
from tests.hostile.rogues import Rogue, Talk
from tests.node.towns import Town, play

SCRIPT = "<script>alert(1)</script>"
DETAILS: dict[str, Any] = {"currency": "EUR", "holder": SCRIPT, "iban": "DE89370400440532013000", "salt": bytes(32)}


async def stand(town: Town) -> tuple[Rogue, Talk]:
    await town.open("factory")
    rogue = Rogue(town)
    return rogue, await rogue.pair("factory")


async def announce(rogue: Rogue, talk: Talk, *rows: tuple[str, int, bytes]) -> None:
    """Send a card that names blobs by currency, length and hash."""
    named: list[Value] = [{"currency": currency, "len": size, "hash": digest} for currency, size, digest in rows]
    rogue.channel.write("peer.card", {"name": "rogue", "country": "CN", "languages": ["en"], "payees": named})
    await talk.deliver()


async def send(talk: Talk, data: bytes, digest: bytes | None = None) -> None:
    name, piece = digest or hashlib.sha256(data).digest(), limits.BLOB_PIECE_BYTES_MAX
    for offset in range(0, len(data), piece):
        await talk.say(messages.Blob(name, offset, len(data), data[offset : offset + piece]))
    await talk.live()


async def shown(town: Town) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await town.ask("factory", "payee.show", partner="rogue"))["payees"]
    return found


def test_a_payload_that_does_not_match_its_hash_is_refused_and_nothing_is_shown() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await stand(town)
        data = encoding.encode(DETAILS)
        other = encoding.encode({**DETAILS, "iban": "GB29NWBK60161331926819"})
        digest = hashlib.sha256(data).digest()
        await announce(rogue, talk, ("EUR", len(other), digest))
        await send(talk, other, digest)
        assert talk.failures() == ["log.root"]
        (row,) = await shown(town)
        assert (row["state"], row["iban"]) == ("arriving", None)

    play(story)


@pytest.mark.parametrize(
    "content",
    [
        b"\xc1",
        b"",
        encoding.encode("DE89370400440532013000"),
        encoding.encode({**DETAILS, "currency": "USD"}),
        encoding.encode({**DETAILS, "iban": "DE89370400440532013001"}),
        encoding.encode({**DETAILS, "link": "javascript:alert(1)"}),
        encoding.encode({**DETAILS, "holder": "a\nEUR1.00"}),
        encoding.encode({**DETAILS, "holder": 7}),
        encoding.encode({**DETAILS, "salt": b""}),
        encoding.encode({**DETAILS, "code": bytes(payees.CODE_BYTES_MAX + 1)}),
    ],
)
def test_what_is_no_details_of_this_currency_is_unreadable_and_never_shown(content: bytes) -> None:
    async def story(town: Town) -> None:
        rogue, talk = await stand(town)
        await announce(rogue, talk, ("EUR", len(content), hashlib.sha256(content).digest()))
        if content:
            await send(talk, content)
        (row,) = await shown(town)
        assert row["state"] == ("unreadable" if content else "arriving")
        assert (row["holder"], row["iban"], row["epc"]) == (None, None, None)

    play(story)


def test_a_script_in_a_name_is_a_name_and_a_file_that_is_no_picture_is_none() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await stand(town)
        data = encoding.encode({**DETAILS, "code": f"<svg>{SCRIPT}</svg>".encode()})
        await announce(rogue, talk, ("EUR", len(data), hashlib.sha256(data).digest()))
        await send(talk, data)
        (row,) = await shown(town)
        assert (row["state"], row["holder"]) == ("known", SCRIPT)
        with pytest.raises(Exception, match="picture"):
            await town.ask("factory", "payee.code", partner="rogue", currency="EUR")

    play(story)


def test_what_a_card_calls_too_large_is_not_asked_for_and_strange_currencies_are_not_kept() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await stand(town)
        await announce(
            rogue, talk, ("EUR", payees.BYTES_MAX + 1, bytes(32)), ("QQQ", 9, bytes(32)), ("XAU", 9, bytes(32))
        )
        node = town.citizens["factory"].node
        assert node is not None
        assert await node.database.read(lambda db: blobs.count_wanted(db, 1)) == 0
        assert [(row["currency"], row["state"]) for row in await shown(town)] == [("EUR", "unreadable")]

    play(story)
