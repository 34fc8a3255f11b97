"""The pages of a dispute, over whole nodes on virtual time: days pass in it."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from node.console import guards, languages, views
from node.console.pages import arbiters, complaints
from node.trade import policies
from tests.node.test_disputes import escalated
from tests.node.towns import Town, play
from tests.sim import clocks, entropy


def view(town: Town, who: str, path: str, **found: str) -> views.View:
    """A request of the owner of a node."""
    node = town.citizens[who].node
    assert node is not None

    async def identify(request: web.Request) -> views.Visitor | None:
        return None

    console = views.Console(
        name=who,
        doorway=node.door({}),
        identify=identify,
        changes=node.trade.books.changes,
        clock=clocks.VirtualClock(town.loop),
        entropy=entropy.SeededEntropy(7, who),
        secret=bytes(32),
        hosts=guards.LOOPBACK,
    )
    visitor = views.Visitor(policies.Caller(policies.Role.OWNER, "Lin"), b"a visit")
    request = make_mocked_request("GET", path, match_info=found)
    return views.View(console, request, visitor, languages.load()["en"])


async def complaint(town: Town, who: str, issue: str) -> str:
    """The page of a complaint."""
    return text(await complaints.one_complaint(view(town, who, f"/aftersales/complaints/{issue}", issue=issue)))


def text(response: Any) -> str:
    """A page as text."""
    assert isinstance(response, web.Response) and response.text is not None
    return response.text


def test_a_dispute_goes_from_the_complaint_over_the_arbiters_desk_to_the_award() -> None:
    async def story(town: Town) -> None:
        issue = await escalated(town)
        page = await complaint(town, "shop", issue)
        assert "Bring it before the arbiter" in page and "Save the case" not in page
        await town.ask("shop", "dispute.open", issue=issue, claim="21.00", message="<b>they</b> do not answer")
        await town.settle()
        page = await complaint(town, "shop", issue)
        assert "Add evidence" in page and "Save the case" in page and "&lt;b&gt;they&lt;/b&gt;" in page

        saved = await complaints.case(view(town, "shop", "/case", issue=issue))
        assert isinstance(saved, web.Response) and isinstance(saved.body, bytes)
        assert saved.headers["Content-Disposition"].startswith('attachment; filename="case-')
        case = saved.body.decode()
        desk = text(await arbiters.show_case(view(town, "judge", "/aftersales/arbiter"), case))
        assert "Every document of this case is proved" in desk and "Sign the award" in desk
        assert 'name="returns.1"' in desk
        assert "<b>they</b>" not in desk and "&lt;b&gt;they&lt;/b&gt;" in desk
        broken = text(await arbiters.show_case(view(town, "judge", "/aftersales/arbiter"), case.replace("ab", "ba", 1)))
        assert "Sign the award" not in broken

        award = await town.ask("judge", "dispute.award", case=case, to="buyer", amount="10.00", returns={"1": 1},
                               reasons="broken")  # fmt: skip
        await town.ask("shop", "dispute.decide", award=award["award"])
        await town.settle()
        page = await complaint(town, "factory", issue)
        assert "I did what the award says" in page and "CN¥10.00" in page
        assert "To be sent back" in page
        rows = (await town.ask("factory", "aftersales.list", place="mine"))["entries"]
        assert [(row["kind"], row["state"], row["who"], row["next"]) for row in rows] == [
            ("dispute", "decided", "me", "comply")
        ]
        assert "I did what the award says" not in await complaint(town, "shop", issue)

    play(story)


def test_C04_whatever_a_party_wrote_into_a_document_its_line_can_be_read() -> None:
    english = languages.load()["en"]
    order = {
        "number": "A-1",
        "lines": [{"line": 1, "sku": "CUP", "quantity": 2, "price": {"base": 1, "amount": {"a": 1200, "c": "CNY"}}}],
    }
    assert arbiters.told(english, order) == "A-1 · 2 × CUP CN¥12.00"
    assert arbiters.told(english, {"to": "buyer", "amount": {"a": 300, "c": "CNY"}}) == "CN¥3.00 for the buyer"
    assert arbiters.told(english, {"accept": False}) == "declined"
    assert arbiters.told(english, {"number": 7, "lines": "x", "claim": {"a": "1"}, "amount": [], "to": {}}) == ""
    assert arbiters.told(english, {"lines": [[], {"price": "x", "quantity": "y"}]}) == "y × line None"
