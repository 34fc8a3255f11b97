"""The last chapters: month end, money, and an auditor who trusts nobody."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from node import errors
from node.demonstrations import merchants, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json, Stage

Account = tuple[Merchant, Merchant, Json]
"""Seller, buyer, and the closed statement in the buyer's books."""


def close_month(stage: Stage) -> None:
    """Each seller proposes, each buyer computes the same from its own books; then invoices, set-off, payments."""
    accounts = [agree(stage, seller, buyer) for seller, buyer in stage.accounts]
    stage.facts |= {"statements": len(accounts), "statements_equal": True}
    invoices = bill(stage, accounts)
    net(stage)
    pay(stage, accounts)
    for buyer, invoice in invoices:
        buyer.ask("invoice.respond", invoice=invoice, status="PD")
    stage.facts["invoices"] = len(invoices)


def agree(stage: Stage, seller: Merchant, buyer: Merchant) -> Account:
    """One account: proposed, computed by the other side, signed by both."""
    period = time.strftime("%Y-%m")
    proposed = seller.ask("statement.propose", partner=buyer.name, period=period, buying=False)["statement"]
    stages.until(f"{buyer.name} sees the statement of {seller.name}", one, buyer, proposed)
    buyer.ask("statement.agree", statement=proposed)
    stages.until(f"{seller.name} hears that the statement agrees", closed, seller, proposed)
    mine, theirs = one(seller, proposed), one(buyer, proposed)
    assert mine is not None and theirs is not None
    same = all(mine[key] == theirs[key] for key in ("lines", "total", "closing", "lines_hash", "state"))
    stages.require(f"the statement of {seller.name} and {buyer.name} matches", True, same)
    stage.narrator.say(f"{buyer.name} owes {seller.name} {theirs['closing']['text']}: {theirs['lines']} lines, equal")
    return seller, buyer, theirs


def one(merchant: Merchant, statement: str) -> Json | None:
    """A statement in the books of a merchant, None before it has arrived."""
    rows: list[Json] = merchant.ask("statement.list")["statements"]
    return next((row for row in rows if row["statement"] == statement), None)


def closed(merchant: Merchant, statement: str) -> bool:
    """Whether both have signed."""
    known = one(merchant, statement)
    return known is not None and known["state"] == "closed"


def bill(stage: Stage, accounts: list[Account]) -> list[tuple[Merchant, str]]:
    """Every seller writes the invoice that its statement gives, every buyer approves it; (buyer, invoice)."""
    approved: list[tuple[Merchant, str]] = []
    for seller, buyer, account in accounts:
        issued = seller.ask("invoice.issue", statement=account["statement"])
        stages.until(f"{buyer.name} has the invoice of {seller.name}", billed, buyer, seller, issued["invoice"])
        buyer.ask("invoice.respond", invoice=issued["invoice"], status="AP")
        approved.append((buyer, issued["invoice"]))
    stage.narrator.say(f"{len(approved)} invoices, written by the books alone, are approved")
    return approved


def billed(merchant: Merchant, seller: Merchant, invoice: str) -> bool:
    """Whether an invoice of a partner has arrived."""
    rows = merchant.ask("invoice.list", partner=seller.name)["invoices"]
    return any(row["invoice"] == invoice for row in rows)


def net(stage: Stage) -> None:
    """Two merchants who owe each other let the smaller debt go, and leave both as rich as before."""
    one_side, other = stage.dealer, stage.harbour
    before = owed(one_side, other)
    proposed = one_side.ask("netting.propose", partner=other.name)
    stages.until(f"{other.name} sees the set-off", netting, other, proposed["netting"], "proposed")
    other.ask("netting.consent", netting=proposed["netting"])
    stages.until(f"{one_side.name} hears of the consent", netting, one_side, proposed["netting"], "applied")
    stages.require("a set-off makes nobody richer", before, owed(one_side, other))
    amount = proposed["amount"]
    stage.facts["netted_minor_units"] = amount["amount"]
    stage.narrator.say(f"{one_side.name} and {other.name} owe each other: {amount['text']} cancel out, unpaid")


def netting(merchant: Merchant, hash: str, state: str) -> bool:
    """Whether a set-off is in a state."""
    rows = merchant.ask("netting.list")["nettings"]
    return any(row["netting"] == hash and row["state"] == state for row in rows)


def owed(merchant: Merchant, partner: Merchant) -> int:
    """What a partner owes on balance, in minor units."""
    rows = merchant.ask("balance", partner=partner.name)["balances"]
    return sum(int(row["owes_me"]["amount"]) for row in rows)


def pay(stage: Stage, accounts: list[Account]) -> None:
    """The debtor says what it sent, the creditor what arrived; then nothing is owed."""
    amounts = []
    for seller, buyer, account in accounts:
        for debt in debts(buyer, account["statement"]):
            amount = debt["text"].split()[0]
            sent = buyer.ask("payment.sent", partner=seller.name, amount=amount, statement=account["statement"])
            stages.until(f"{seller.name} hears of the payment", payment, seller, sent["payment"])
            seller.ask("payment.received", partner=buyer.name, amount=amount, payment=sent["payment"])
            stages.require(f"{buyer.name} owes {seller.name} nothing any more", 0, owed(seller, buyer))
            amounts.append(debt["amount"])
    stage.facts |= {"payments": len(amounts), "paid_minor_units": sum(amounts)}
    stage.narrator.say(f"{len(amounts)} payments sent and received: nobody owes anything")


def debts(merchant: Merchant, statement: str) -> list[Json]:
    """What a merchant still has to pay of a statement."""
    rows = merchant.ask("obligation.list")["obligations"]
    return [row["open"] for row in rows if row["statement"] == statement and row["debtor"] == "me"]


def payment(merchant: Merchant, hash: str) -> bool:
    """Whether a payment is known to a merchant."""
    return any(row["payment"] == hash for row in merchant.ask("payment.list")["payments"])


def audit(stage: Stage) -> None:
    """The dealer exports its books; somebody who has nothing but that folder checks them."""
    say = stage.narrator.say
    export = stage.folder / "audit-export"
    written = stage.dealer.ask("audit.export", stage.report_of(stage.dealer), directory=str(export))
    say(f"{stage.dealer.name} exported {written['channels']} channels with {written['entries']} signed entries")
    copy = stage.folder / "auditor" / "export"
    shutil.copytree(export, copy)
    opened = copy.with_name("openings.json")
    answer = stage.dealer.ask("order.disclose", all=True)
    opened.write_text(json.dumps({key: answer[key] for key in ("format", "openings")}))
    status, verdict = merchants.command("audit", "verify", str(copy), "--opened", str(opened))
    stages.require("the auditor finds everything in order", 0, status)
    whole = [chain["ordered"] == chain["passed_on"] for chain in verdict["chains"]]
    stages.require("every order went up the chain whole", len(whole), sum(whole))
    say(f"{stage.dealer.name} opens what its documents name: {len(whole)} orders went up the chain unit by unit")
    numbers = {key: verdict[key] for key in ("proved", "deemed", "contested", "not_disclosed")}
    stage.facts |= {"audit": numbers, "audit_export": str(export)}
    say("A separate process with nothing but a copy: " + ", ".join(f"{value} {key}" for key, value in numbers.items()))
    say("What is not disclosed are the words and photos of complaints: the folder holds their hashes alone")
    tamper(stage, copy)


def tamper(stage: Stage, copy: Path) -> None:
    """Change one byte of one signed entry in the copy: the auditor must name that very file."""
    bundle = max(
        (copy / "channels").glob("**/tile/entries/**/*"), key=lambda path: path.stat().st_size * path.is_file()
    )
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 0x01
    bundle.write_bytes(content)
    status, verdict = merchants.command("audit", "verify", str(copy))
    changed = str(bundle.relative_to(copy))
    named = [fault["path"] for fault in verdict["faults"]]
    stages.require("a changed byte is tampering", int(errors.Exit.UNREADABLE), status)
    if changed not in named:
        raise merchants.unmet("the auditor names the changed file", changed, named)
    stage.facts |= {"tamper_detected": True, "tampered_artefact": changed}
    stage.narrator.say(f"One byte changed in a copy: the auditor names {changed}")
