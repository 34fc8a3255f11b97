"""The first chapters: four merchants found their nodes, become partners, agree on terms, and list their goods."""

from __future__ import annotations

from node import errors
from node.connectors.spreadsheets import exports
from node.demonstrations import gifts, goods, sheets, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Stage

DIRECT_PERCENT = "112"
"""What the distributor who buys few straight from the factory pays it, in percent of the dealer's price."""
MARKUP_PERCENT = "20"


def found(stage: Stage) -> None:
    """Keys, homes and processes."""
    say = stage.narrator.say
    nodes = stages.at_once(Merchant.found, stage.cast)
    stages.at_once(Merchant.start, stage.cast)
    for merchant, node in zip(stage.cast, nodes, strict=True):
        assert merchant.process is not None
        say(f"{merchant.name} made its keys: {node[:15]}…, process {merchant.process.pid}, port {merchant.port}")
    stages.require("every node has keys of its own", len(stage.cast), len(set(nodes)))
    stage.facts["nodes"] = len(nodes)


def peer(stage: Stage) -> None:
    """One invites, the other joins; then both compare words."""
    for seller, buyer in stage.trades:
        uri = seller.ask("invite")["uri"]
        words = buyer.ask("join", uri=uri)["words"]
        theirs = stages.until(f"{seller.name} knows {buyer.name}", words_of, seller, buyer)
        stages.require(f"{seller.name} and {buyer.name} read the same words", theirs, words)
        stage.narrator.say(f"{seller.name} and {buyer.name} read each other eight words: {' '.join(words)}")
    for merchant in stage.cast:
        stages.until(f"{merchant.name} is connected to all its partners", all_active, merchant)


def words_of(merchant: Merchant, partner: Merchant) -> list[str]:
    """The words that a merchant sees beside a partner, none before they are partners."""
    known = merchant.ask("partners")["partners"]
    return next((row["words"] for row in known if row["name"] == partner.name), [])


def all_active(merchant: Merchant) -> bool:
    """Whether every partnership stands on both sides and is connected."""
    return all(row["online"] and row["state"] == "active" for row in merchant.ask("partners")["partners"])


def agree(stage: Stage) -> None:
    """The seller proposes terms, the buyer accepts the very same ones."""
    for seller, buyer in stage.trades:
        signed = sign(seller, buyer)
        stage.narrator.say(f"{buyer.name} buys from {seller.name}: both signed agreement {signed[:12]}…")
    stage.facts["agreements"] = len(stage.trades)


def sign(seller: Merchant, buyer: Merchant) -> str:
    """Bring an agreement into force; its hash."""
    proposed = stages.until(f"{buyer.name} has accepted the invitation", propose, seller, buyer)
    stages.until(f"{buyer.name} sees the proposal", waits, buyer, proposed)
    accepted = buyer.ask("agreement.accept", partner=seller.name, agreement=proposed)["agreement"]
    stages.require("both signed the same terms", proposed, accepted)
    stages.until(f"{seller.name} sees the acceptance", in_force, seller, proposed)
    return proposed


def propose(seller: Merchant, buyer: Merchant) -> str:
    """Propose terms; empty while the buyer's acceptance of the invitation has not arrived yet."""
    try:
        proposal = seller.ask("agreement.propose", partner=buyer.name, currency=goods.CURRENCY)
    except errors.NodeError as error:
        if any(fault.get("code") == "peering.not-active" for fault in error.faults):
            return ""
        raise
    return str(proposal["agreement"])


def waits(merchant: Merchant, agreement: str) -> bool:
    """Whether a proposal waits for this merchant."""
    rows = merchant.ask("agreement.list")["agreements"]
    return any(row["agreement"] == agreement and row["waits_for_me"] for row in rows)


def in_force(merchant: Merchant, agreement: str) -> bool:
    """Whether nothing is left to be signed."""
    rows = merchant.ask("agreement.list")["agreements"]
    return any(row["agreement"] == agreement and not row["waits_for_me"] and row["state"] == "in-force" for row in rows)


def list_goods(stage: Stage) -> None:
    """From the factory's workbook to the shelves of two distributors, with a dealer in between."""
    say = stage.narrator.say
    catalogue = sheets.catalogue_file("xlsx")
    save(stage, catalogue.name, catalogue.content)
    taken = load(stage.factory, catalogue.name, catalogue.content)
    say(f"{stage.factory.name} read {catalogue.name}: {taken['new']} articles in Chinese and English")
    again = load(stage.factory, catalogue.name, catalogue.content)
    stages.require("the same file again changes nothing", (0, 0), (again["new"], again["changed"]))
    stage.factory.ask("catalogue.share", partner=stage.dealer.name)
    stage.factory.ask("catalogue.share", partner=stage.harbour.name, percent=DIRECT_PERCENT)
    wait_for_goods(stage.dealer, stage.factory, taken["rows"])
    stage.dealer.ask("catalogue.derive", partner=stage.factory.name, markup_percent=MARKUP_PERCENT)
    own = exports.to_csv(exports.catalogue(gifts.assortment()), "gb18030")
    save(stage, "gifts-gb18030.csv", own)
    wrapped = load(stage.dealer, "gifts-gb18030.csv", own)
    total = taken["rows"] + wrapped["rows"]
    for shop in (stage.xiaoman, stage.harbour):
        stage.dealer.ask("catalogue.share", partner=shop.name)
        wait_for_goods(shop, stage.dealer, total)
    wait_for_goods(stage.harbour, stage.factory, taken["rows"])
    say(f"{stage.dealer.name} sells them on with {MARKUP_PERCENT} % on top, and adds {wrapped['new']} of its own")
    say(f"Both distributors see {total} articles with their price and stock; nobody sees another's price")
    stage.facts["listings"] = total


def load(merchant: Merchant, name: str, content: bytes) -> stages.Json:
    """Import a catalogue."""
    return merchant.ask("catalogue.import", name=name, data_hex=content.hex(), currency=goods.CURRENCY)


def wait_for_goods(merchant: Merchant, supplier: Merchant, count: int) -> None:
    """Until everything on offer has arrived, with prices."""

    stages.until(f"{merchant.name} sees what {supplier.name} offers", offers, merchant, supplier, count)


def offers(merchant: Merchant, supplier: Merchant, count: int) -> bool:
    """Whether a merchant sees so many articles of a supplier, each with its price."""
    offered = merchant.ask("catalogue.list", partner=supplier.name)["goods"]
    return len(offered) == count and all(row["price"] for row in offered)


def save(stage: Stage, name: str, content: bytes) -> None:
    """Leave a file for inspection."""
    folder = stage.folder / "sheets"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
