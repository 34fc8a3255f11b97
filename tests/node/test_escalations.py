"""A quarrel that two dealers stand in the middle of: escalated, disputed, decided and settled, pair by pair (T7)."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from node import errors
from tests.node.markets import goods, order
from tests.node.test_chains import LINKS, PHOTO, issue_of, only_order
from tests.node.test_disputes import HOUR_S
from tests.node.test_errands import left_to
from tests.node.towns import Town, play

PAIRS = list(itertools.pairwise(LINKS))


async def complaint(town: Town, *, arbiters: bool = True, hours: tuple[int, ...] = (2, 2, 2)) -> str:
    """Two cups of four are broken: the shop complains, and everybody of the chain knows."""
    await town.open(*LINKS, "judge")
    for seller, buyer in PAIRS:
        await town.pair(seller, buyer)
    await goods(town, "factory")
    named = {"arbiters": [(await town.ask("judge", "dispute.key"))["arbiter"]]} if arbiters else {}
    for (seller, buyer), limit in zip(PAIRS, hours, strict=True):
        await town.ask(seller, "agreement.propose", partner=buyer, resolve_hours=limit, award_hours=24, **named)
        await town.settle()
        await town.ask(buyer, "agreement.accept", partner=seller)
        await town.settle()
        await town.ask(seller, "catalogue.share", partner=buyer)
        await town.settle()
        if buyer != "shop":
            await town.ask(buyer, "catalogue.derive", partner=seller)
    id = await order(town, "shop", "wholesaler", quantity=4)  # 15.12 each here, 12.60, and 10.50 at the factory
    await town.ask("factory", "order.accept", all=True)
    await town.settle()
    made = await only_order(town, "factory", True)
    await town.ask("factory", "order.ship", order=made, carrier="SF", waybill="SF77")
    await town.settle()
    opened = await town.ask("shop", "issue.open", order=id, category="damaged", lines={"1": 2}, claim="30.24")
    await town.settle()
    return str(opened["issue"])


async def states(town: Town) -> list[str]:
    """The complaint of each pair, from the factory's down."""
    return [(await issue_of(town, seller, buyer))["state"] for seller, buyer in PAIRS]


async def escalated(town: Town) -> str:
    """The shop goes on when its time is over; the others follow as soon as theirs is."""
    issue = await complaint(town)
    await asyncio.sleep(2 * HOUR_S)
    await town.ask("shop", "issue.escalate", issue=issue)
    await town.settle()
    assert (await town.ask("shop", "issue.escalate", issue=issue))["state"] == "escalated"
    await asyncio.sleep(HOUR_S)
    await town.settle()
    return issue


async def disputed(town: Town) -> str:
    """The shop goes to the arbiter, and so do the dealers."""
    issue = await escalated(town)
    files = [{"name": "cup.jpg", "data_hex": PHOTO.hex()}]
    await town.ask("shop", "dispute.open", issue=issue, claim="30.24", message="两只", files=files)
    await town.settle()
    for dealer in ("wholesaler", "importer"):
        (row,) = await left_to(town, dealer)
        await town.ask(dealer, "errand.do", errand=row["errand"])
        await town.settle()
    return issue


async def award(town: Town, who: str, partner: str, **given: Any) -> None:
    """The arbiter decides the dispute of a pair, and `who` enters the award."""
    issue = (await issue_of(town, who, partner))["issue"]
    case = (await town.ask(who, "dispute.export", issue=issue))["case"]
    signed = await town.ask("judge", "dispute.award", case=case, **given)
    await town.ask(who, "dispute.decide", award=signed["award"])
    await town.settle()


def test_a_buyer_that_goes_on_makes_every_dealer_go_on_with_its_supplier_when_its_time_is_over() -> None:
    async def story(town: Town) -> None:
        await escalated(town)
        assert await states(town) == ["escalated"] * 3
        for seller, buyer in PAIRS:
            said = [row["type"] for row in (await issue_of(town, seller, buyer))["documents"]]
            assert said.count("issue.escalate") == 1
        for dealer in ("wholesaler", "importer"):
            assert await left_to(town, dealer) == []

    play(story)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_dealer_whose_own_time_still_runs_sees_it_and_goes_on_by_itself_unless_it_lets_it_be(wanted: bool) -> None:
    async def story(town: Town) -> None:
        issue = await complaint(town, hours=(2, 48, 2))
        await asyncio.sleep(2 * HOUR_S)
        await town.ask("shop", "issue.escalate", issue=issue)
        await town.settle()
        await town.ask("shop", "issue.escalate", issue=issue)
        await town.settle()
        (row,) = await left_to(town, "wholesaler")
        assert (row["type"], row["partner"], row["code"], row["state"]) == (
            *("issue.escalate", "importer"),
            *("issue.early", "later"),
        )
        with pytest.raises(errors.NodeError) as early:
            await town.ask("wholesaler", "errand.do", errand=row["errand"])
        assert [fault["code"] for fault in early.value.faults] == ["issue.early"]
        if not wanted:
            await town.ask("wholesaler", "errand.dismiss", errand=row["errand"])
        await town.live(1)
        assert await states(town) == ["open", "cascaded", "escalated"]
        await town.live(1)
        await asyncio.sleep(HOUR_S)
        await town.settle()
        assert await states(town) == (["escalated"] * 3 if wanted else ["open", "cascaded", "escalated"])
        assert await left_to(town, "wholesaler") == []
        said = [row["type"] for row in (await issue_of(town, "importer", "wholesaler"))["documents"]]
        assert said.count("issue.escalate") == wanted

    play(story)


def test_whether_an_arbiter_is_called_is_each_dealers_choice() -> None:
    async def story(town: Town) -> None:
        issue = await escalated(town)
        files = [{"name": "cup.jpg", "data_hex": PHOTO.hex()}]
        await town.ask("shop", "dispute.open", issue=issue, claim="30.24", message="两只", files=files)
        await town.settle()
        assert await states(town) == ["escalated", "escalated", "disputed"]
        (row,) = await left_to(town, "wholesaler")
        assert (row["type"], row["partner"], row["why"], row["code"]) == ("dispute.open", "importer", "choice", "")
        assert (await town.ask("wholesaler", "errand.do", errand=row["errand"]))["state"] == "done"
        await town.settle()
        assert await states(town) == ["escalated", "disputed", "disputed"]
        told = (await issue_of(town, "importer", "wholesaler"))["documents"][-1]
        assert (told["type"], told["message"], told["files"][0]["name"]) == ("dispute.open", "两只", "cup.jpg")
        await town.ask("shop", "dispute.evidence", issue=issue, message="看")
        await town.settle()
        told = (await issue_of(town, "importer", "wholesaler"))["documents"][-1]
        assert (told["type"], told["message"]) == ("dispute.evidence", "看")
        (row,) = await left_to(town, "importer")
        await town.ask("importer", "errand.dismiss", errand=row["errand"])
        await town.ask("shop", "dispute.evidence", issue=issue, message="再看")
        await town.settle()
        assert await left_to(town, "importer") == []
        assert await states(town) == ["escalated", "disputed", "disputed"]

    play(story)


def test_where_no_arbiter_was_agreed_on_there_is_none_to_be_called() -> None:
    async def story(town: Town) -> None:
        issue = await complaint(town, arbiters=False)
        await asyncio.sleep(2 * HOUR_S)
        await town.ask("shop", "issue.escalate", issue=issue)
        await town.settle()
        await town.ask("shop", "issue.escalate", issue=issue)
        await asyncio.sleep(HOUR_S)
        await town.settle()
        assert await states(town) == ["escalated"] * 3
        with pytest.raises(errors.NodeError):
            await town.ask("shop", "dispute.open", issue=issue)
        assert [await left_to(town, dealer) for dealer in ("wholesaler", "importer")] == [[], []]

    play(story)


def test_what_an_arbiter_gives_a_dealer_it_may_offer_its_buyer_as_the_same_share() -> None:
    async def story(town: Town) -> None:
        await disputed(town)
        assert await states(town) == ["disputed"] * 3
        await award(town, "importer", "factory", to="buyer", amount="10.50")
        (row,) = await left_to(town, "importer")
        assert (row["type"], row["partner"], row["why"]) == ("settle.offer", "wholesaler", "choice")
        await town.ask("importer", "errand.do", errand=row["errand"])
        await town.settle()
        (offer,) = (await issue_of(town, "shop", "wholesaler"))["offers"]  # an offer goes on by itself
        assert (offer["pays_me"]["text"], offer["state"]) == ("15.12 CNY", "open")
        await town.ask("shop", "issue.accept", issue=(await issue_of(town, "shop", "wholesaler"))["issue"])
        await town.settle()
        assert await states(town) == ["decided", "settled", "settled"]
        for dealer in ("wholesaler", "importer"):
            assert await left_to(town, dealer) == []
        paid = [(await issue_of(town, seller, buyer))["settled"]["text"] for seller, buyer in PAIRS]
        assert paid == ["-10.50 CNY", "-12.60 CNY", "-15.12 CNY"]

    play(story)


def test_what_a_dealer_has_to_pay_by_an_award_it_may_ask_of_its_supplier() -> None:
    async def story(town: Town) -> None:
        await disputed(town)
        await award(town, "shop", "wholesaler", to="buyer", amount="15.12")
        (row,) = await left_to(town, "wholesaler")
        assert (row["type"], row["partner"], row["why"]) == ("settle.offer", "importer", "choice")
        await town.ask("wholesaler", "errand.do", errand=row["errand"])
        await town.settle()
        (offer,) = (await issue_of(town, "factory", "importer"))[
            "offers"
        ]  # asked of the importer, and so of the factory
        assert (offer["pays_me"]["text"], offer["state"]) == ("-10.50 CNY", "open")

    play(story)


def test_a_claim_that_is_dismissed_in_one_pair_may_be_given_up_in_the_others() -> None:
    async def story(town: Town) -> None:
        await disputed(town)
        await award(town, "wholesaler", "shop")
        (row,) = await left_to(town, "wholesaler")
        assert (row["type"], row["partner"]) == ("issue.close", "importer")
        await town.ask("wholesaler", "errand.do", errand=row["errand"])
        await town.settle()
        assert await states(town) == ["closed", "closed", "dismissed"]

    play(story)


def test_what_all_agree_on_ends_the_dispute_on_all_copies() -> None:
    async def story(town: Town) -> None:
        issue = await disputed(town)
        above = (await issue_of(town, "factory", "importer"))["issue"]
        await town.ask("factory", "issue.offer", issue=above, amount="10.50")
        await town.settle()
        await town.ask("shop", "issue.accept", issue=issue)
        await town.settle()
        for seller, buyer in PAIRS:
            for who, other in ((seller, buyer), (buyer, seller)):
                assert (await issue_of(town, who, other))["state"] == "settled"
        with pytest.raises(errors.NodeError):
            await award(town, "shop", "wholesaler", to="buyer", amount="1.00")

    play(story)
