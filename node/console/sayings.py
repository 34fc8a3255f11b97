"""What is said of whoever wrote a document that no other page names, or altered a row: "Lin <changed the role>"."""

from __future__ import annotations

from typing import Any

from node.console import words
from node.console.words import N_
from node.storage import alterations
from node.trade import sightings

words.add(
    words={
        "said.agreement.propose": N_("proposed terms"),
        "said.agreement.counter": N_("proposed other terms"),
        "said.agreement.amend": N_("proposed new terms"),
        "said.agreement.accept": N_("accepted the terms"),
        "said.agreement.terminate": N_("ended the terms"),
        "said.capability.offer": N_("offered a service"),
        "said.capability.grant": N_("granted a key"),
        "said.capability.revoke": N_("took a key or a service back"),
        "said.dispute.evidence": N_("added evidence"),
        "said.dispute.decide": N_("entered the award"),
        "said.dispute.comply": N_("did what the award says"),
        "said.dispute.default": N_("said that the award was not obeyed"),
        "said.feedback.give": N_("gave feedback"),
        "said.feedback.token": N_("let the consumer give feedback"),
        "said.invoice.issue": N_("issued the invoice"),
        "said.invoice.credit": N_("issued a credit note"),
        "said.invoice.respond": N_("answered the invoice"),
        "said.issue.cascade": N_("passed a complaint on"),
        "said.notice.withdraw": N_("took the notice back"),
        "said.payment.promise": N_("promised money"),
        "said.payment.sent": N_("sent money"),
        "said.payment.received": N_("confirmed that money arrived"),
        "said.payment.dispute": N_("said that money did not arrive"),
        "said.void": N_("took back what was said of a payment"),
        "said.void.accept": N_("answered what was taken back"),
        "said.peer.suspend": N_("paused the business"),
        "said.peer.resume": N_("went on with the business"),
        "said.peer.end": N_("ended the business"),
        "said.quote.request": N_("asked for prices"),
        "said.quote": N_("quoted prices"),
        "said.quote.close": N_("closed the quotation"),
        "said.reference.disclose": N_("opened a reference"),
        "said.return.proof": N_("proved that goods were sent back"),
        "said.setoff.propose": N_("proposed to net debts"),
        "said.setoff.notice": N_("announced a netting"),
        "said.setoff.consent": N_("answered the netting"),
        "said.statement.propose": N_("proposed the statement"),
        "said.statement.respond": N_("answered the statement"),
        "said.statement.reopen": N_("contested a closed statement"),
        "said.stock.hold": N_("asked to hold goods back"),
        "said.stock.hold_ok": N_("held goods back"),
        "said.stock.hold_no": N_("held nothing back"),
        "said.stock.release": N_("released goods"),
        "altered.name": N_("changed the name"),
        "altered.role": N_("changed the role"),
        "altered.password": N_("changed the password"),
        "altered.shut-out": N_("shut this person out"),
        "altered.let-in": N_("let this person in again"),
        "altered.good": N_("changed the article"),
        "altered.removed": N_("removed it"),
        "altered.on-hand": N_("counted the stock"),
        "altered.buffer": N_("changed what is kept back"),
        "altered.allotment": N_("changed a partner's share of the stock"),
        "altered.active": N_("went on with the business"),
        "altered.revoked": N_("revoked the key"),
        "altered.setting": N_("changed these settings"),
        "altered.open": N_("met with a new obstacle"),
        "altered.later": N_("passed it on"),
        "altered.wanted": N_("passed it on"),
        "altered.dismissed": N_("dropped it"),
    }
)


def described(overtaken: sightings.OvertakenError) -> list[dict[str, Any]]:
    """What a page shows of each alteration; `number` of the order where several are concerned."""
    several = len(overtaken.numbers) > 1
    return [
        {
            "by": one.by,
            "did": code(one),
            "at_ms": one.at_ms,
            "order": one.name,
            "number": overtaken.numbers.get(one.name, "") if several else "",
        }
        for one in overtaken.alterations
    ]


def code(one: alterations.Alteration) -> str:
    """The code of what somebody did: the type of a document has a dot, or is one of few without."""
    return ("said." if "." in one.what or one.kind in sightings.THREADS else "altered.") + one.what
