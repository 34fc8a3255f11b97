"""What asks once before it is done: what costs money, or cannot be undone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from node.console import forms
from node.console.words import N_

PERCENT: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?")

QUESTIONS: Final[Mapping[str, str]] = {
    "partner.remove": N_("Remove this partner? Nothing is exchanged with it any more, and it cannot be added back."),
    "partner.end": N_("End the business with this partner? What is open is finished, nothing new begins."),
    "agreement.accept": N_("Accept these terms? They bind both sides from now on."),
    "agreement.end": N_("End these terms? What has begun under them goes on, and nothing new is ordered under them."),
    "consumer.erase": N_(
        "Erase name, address and telephone number of this consumer here? It cannot be undone, and goods that have not"
        " left cannot be sent any more."
    ),
    "retention.set": N_(
        "Let consumers be erased by themselves after this time? What is due already is erased within the hour, and"
        " cannot be brought back."
    ),
    "catalogue.withdraw": N_("Withdraw this article from every partner?"),
    "import.undo": N_("Take back what this file changed? Partners who saw it are told at once."),
    "order.reject": N_("Reject this order?"),
    "order.cancel": N_("Cancel this order? The seller is asked to stop it at once; a fee may be due."),
    "return.refund": N_("Give this money back?"),
    "return.reject": N_("Reject this return?"),
    "return.withdraw": N_("Keep the goods and withdraw this return?"),
    "issue.accept": N_("Take this offer? It settles the complaint and stands in the next statement."),
    "issue.close": N_("Close this complaint? It cannot be opened again."),
    "dispute.open": N_("Bring this complaint before the arbiter?"),
    "dispute.decide": N_("Enter this award? It counts from now on."),
    "statement.agree": N_("Agree to this statement? What is the same in both books is closed."),
    "statement.reopen": N_("Contest these orders of a closed statement? This can be done once."),
    "payee.set": N_(
        "Tell every partner to pay you like this from now on? Whoever knows other details is asked to call you."
    ),
    "payee.remove": N_("Take these payment details back? Partners are told that they no longer hold."),
    "payee.accept": N_("Have you asked them on a number that you knew before, and are these details right?"),
    "payment.sent": N_("Say that this money was sent?"),
    "payment.received": N_("Confirm that this money has arrived? It is no longer owed then."),
    "payment.dispute": N_("Say that this money has not arrived?"),
    "void": N_("Take back what was said of this payment?"),
    "void.accept": N_("Agree that this money never arrived?"),
    "invoice.issue": N_("Issue this invoice? An invoice that was issued is only taken back by a credit note."),
    "invoice.credit": N_("Issue a credit note over this invoice?"),
    "netting.consent": N_("Let these two debts cancel each other out?"),
    "netting.begin": N_("Begin a round of netting with those whom you owe?"),
    "capability.grant": N_("Let this key sign in your name?"),
    "capability.revoke": N_("End this grant?"),
    "operator.remove": N_("Remove this person? They are signed out at once."),
    "key.revoke": N_("Revoke this key? The program that uses it is shut out at once."),
    "deadline.claim": N_("Claim what the silence of your partner gives you?"),
}
"""Use case -> the question. The server asks it, so that no page can forget to."""

SEVERAL: Final[Mapping[str, str]] = {
    "order.cancel": N_("Cancel these %(count)s orders? The sellers are asked to stop them at once; fees may be due."),
}
"""The same for `orders` in the plural."""

CHEAP_PERCENT: Final = 50
CHEAP: Final = N_(
    "This partner would pay less than half of your supply price. 95 means 5 percent off; 9.5 means nearly for nothing."
    " Offer your goods at that?"
)


SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "payment.sent": ("partner", "amount", "reference"),
    "payment.promise": ("partner", "amount", "due"),
    "payment.received": ("partner", "amount"),
}
"""What was typed that stands below the question, so that a slip is seen."""


def typed(name: str, posted: forms.Posted) -> list[tuple[str, str]]:
    """(field, what was typed) of what stands below the question."""
    return [(field, value) for field in SHOWN.get(name, ()) if (value := forms.text(posted, field).strip())]


def question(name: str, posted: forms.Posted) -> str | None:
    """What to ask before a use case is done with what was posted; None for what asks nothing."""
    if name == "catalogue.share":
        typed = forms.text(posted, "percent").strip()
        return CHEAP if PERCENT.fullmatch(typed) and float(typed) < CHEAP_PERCENT else None
    if name == "retention.set" and forms.text(posted, "days") == "0":
        return None
    several = len(posted.getall("orders", [])) > 1 and name in SEVERAL
    return SEVERAL[name] if several else QUESTIONS.get(name)
