"""Corrections (law 8): nothing is deleted, and little can be voided.

A document can be voided where no other document corrects it: a payment that was never sent, money that never arrived, a
parcel that never left. Everything else has its own way back: orders are cancelled, goods returned, listings withdrawn,
invoices credited, offers declined. docs/decisions/0022-few-documents-can-be-voided.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts import channels, payments
from contracts.channels import Candidate, Channel, Plan
from contracts.documents import voids as papers
from contracts.errors import Fault

VOIDABLE: Final[Mapping[str, str]] = {
    "payment.promise": "at once, by the debtor, until the money has arrived",
    "payment.sent": "at once, by the debtor, until the money has arrived",
    "payment.received": "with the debtor's consent",
}
"""What can be voided, and how."""


def follow(channel: Channel, candidate: Candidate) -> Plan:
    """`void` and `void.accept`, in the thread of what they correct."""
    document = candidate.document
    assert isinstance(document, papers.Void | papers.Accept)
    thread = channel.threads.get(document.thread)
    if thread is not None and thread.kind != "payment":
        return channels.refused([Fault("void.target", "thread", " or ".join(VOIDABLE), thread.kind)])
    names = [("replacement", document.replacement)] if isinstance(document, papers.Void) else []
    dangling = channels.dangling(channel, candidate, names)
    return channels.refused(dangling) if dangling else payments.follow(channel, candidate)
