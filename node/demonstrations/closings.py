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


def close_month(stage: Stage) -> None:
    """Each seller proposes, each buyer computes the same from its own books."""
    period = time.strftime("%Y-%m")
    equal = 0
    accounts: list[tuple[Merchant, Merchant, Json]] = []
    for seller, buyer in stage.trades:
        proposed = seller.ask("statement.propose", partner=buyer.name, period=period)["statement"]
        stages.until(f"{buyer.name} sees the statement of {seller.name}", one, buyer, proposed)
        buyer.ask("statement.agree", statement=proposed)
        stages.until(f"{seller.name} hears that the statement agrees", closed, seller, proposed)
        mine, theirs = one(seller, proposed), one(buyer, proposed)
        assert mine is not None and theirs is not None
        same = all(mine[key] == theirs[key] for key in ("lines", "total", "closing", "lines_hash", "state"))
        stages.require(f"the statement of {seller.name} and {buyer.name} matches", True, same)
        equal += same
        accounts.append((seller, buyer, theirs))
        stage.narrator.say(
            f"{buyer.name} owes {seller.name} {theirs['closing']['text']}: {theirs['lines']} lines, equal"
        )
    stage.facts |= {"statements": len(accounts), "statements_equal": equal == len(accounts)}
    pay(stage, accounts)


def one(merchant: Merchant, statement: str) -> Json | None:
    """A statement in the books of a merchant, None before it has arrived."""
    rows: list[Json] = merchant.ask("statement.list")["statements"]
    return next((row for row in rows if row["statement"] == statement), None)


def closed(merchant: Merchant, statement: str) -> bool:
    """Whether both have signed."""
    known = one(merchant, statement)
    return known is not None and known["state"] == "closed"


def pay(stage: Stage, accounts: list[tuple[Merchant, Merchant, Json]]) -> None:
    """The debtor says what it sent, the creditor what arrived; then nothing is owed."""
    paid = 0
    owing = [account for account in accounts if account[2]["closing"]["amount"]]
    for seller, buyer, account in owing:
        closing = account["closing"]
        amount = closing["text"].split()[0]
        sent = buyer.ask("payment.sent", partner=seller.name, amount=amount, statement=account["statement"])["payment"]
        stages.until(f"{seller.name} hears of the payment", payment, seller, sent)
        balance = seller.ask("payment.received", partner=buyer.name, amount=amount, payment=sent)["owes_me"]
        stages.require(f"{buyer.name} owes {seller.name} nothing any more", 0, balance["amount"])
        paid += closing["amount"]
    stage.facts |= {"payments": len(owing), "paid_minor_units": paid}
    stage.narrator.say(f"{len(owing)} payments sent and received: nobody owes anything")


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
