"""Who may do what: the one rule for the command line, the console and the programs that hold a key.

A use case has a policy, or nobody may use it: a test walks all of them. A role is a place in a business, not a rank;
the owner may do everything, the auditor may read everything and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from node import errors


class Role(StrEnum):
    """What an operator is there for."""

    OWNER = "owner"
    SALES = "sales"
    WAREHOUSE = "warehouse"
    FINANCE = "finance"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `operator`: the number of the operator, None for whoever runs the node's own process and for programs.

    `session`: the number of the operator's session.
    """

    role: Role
    name: str = ""
    operator: int | None = None
    session: int | None = None


MACHINE: Final = Caller(Role.OWNER)
"""The user who runs the node: the control socket answers nobody else, and the files are theirs anyway."""

OWNER: Final = frozenset({Role.OWNER})
SALES: Final = OWNER | {Role.SALES}
WAREHOUSE: Final = OWNER | {Role.WAREHOUSE}
FINANCE: Final = OWNER | {Role.FINANCE}
TRADERS: Final = OWNER | {Role.SALES, Role.WAREHOUSE}
MONEY: Final = OWNER | {Role.SALES, Role.FINANCE}
WORKERS: Final = OWNER | {Role.SALES, Role.WAREHOUSE, Role.FINANCE}
EVIDENCE: Final = OWNER | {Role.FINANCE, Role.AUDITOR}
ACCOUNTS: Final = MONEY | {Role.AUDITOR}
EVERYBODY: Final = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose roles may use a use case, and whether it changes anything: what only reads may be asked by a link."""

    roles: frozenset[Role]
    reads: bool


def rows(names: str, roles: Iterable[Role], *, reads: bool = False) -> dict[str, Policy]:
    """The same policy for several use cases."""
    policy = Policy(frozenset(roles), reads)
    return dict.fromkeys(names.split(), policy)


POLICIES: Final[Mapping[str, Policy]] = {
    **rows(
        "catalogue.show catalogue.preview picture.show selection.list selection.show selection.changes"
        " selection.reckon",
        EVERYBODY,
        reads=True,
    ),
    **rows("sheet.preview sheet.write", EVERYBODY, reads=True),
    **rows("import.list import.show", EVERYBODY, reads=True),
    **rows("import.undo", SALES),
    **rows("stock.import", TRADERS),
    **rows("picture.add picture.first picture.remove selection.noted selection.take selection.watch", SALES),
    **rows(
        "status partners partner.show agreement.list catalogue.list catalogue.lists stock.list stock.holds"
        " stock.location.list stock.allotments capability.list offer.list want.list card.show"
        " content.show feedback.list quote.list"
        " today search order.list order.show courier.list courier.choose channel.list deadline.list errand.list"
        " aftersales.list return.list return.show"
        " today search order.list order.show deadline.list errand.list aftersales.list report.shipping report.returns"
        " report.cancels return.list return.show"
        " return.file issue.list issue.show issue.file dispute.list",
        EVERYBODY,
        reads=True,
    ),
    **rows(
        "report.sales report.balances statement.list statement.show statement.lines payment.list payment.show balance"
        " obligation.list credit.list"
        " netting.list invoice.list invoice.show dispute.key dispute.export share.list"
        " payee.list payee.show payee.code",
        ACCOUNTS,
        reads=True,
    ),
    **rows("invite.list", SALES, reads=True),
    **rows("order.disclose", SALES),
    **rows("audit.export audit.document audit.verify", EVIDENCE),
    **rows(
        "partner.rename partner.remove partner.suspend partner.resume partner.end card.set agreement.propose"
        " agreement.accept agreement.decline agreement.end capability.offer capability.grant capability.revoke"
        " netting.join dispute.award dispute.read"
        " dispute.decide consumer.erase",
        OWNER,
    ),
    **rows(
        "invite invite.withdraw join partner.compare channel.set catalogue.share catalogue.withdraw"
        " catalogue.derive catalogue.push catalogue.confirm"
        " catalogue.add catalogue.change catalogue.price catalogue.restore"
        " catalogue.import content.set offer.post want.post notice.withdraw quote.request quote.give quote.close"
        " quote.accept order.place order.import order.propose feedback.give feedback.invite",
        SALES,
    ),
    **rows(
        "stock.set stock.location.add stock.buffer stock.allot stock.hold stock.release order.accept order.reject"
        " order.cancel order.recalled order.change order.answer order.receive capability.task",
        TRADERS,
    ),
    **rows(
        "order.ship order.plan order.pack order.report order.cancel-answer capability.enter courier.add courier.remove",
        WAREHOUSE,
    ),
    **rows("order.waybills", WAREHOUSE, reads=True),
    **rows(
        "return.request return.withdraw return.ship return.proof return.accept return.decline return.approve"
        " return.reject return.offer return.exchange",
        SALES,
    ),
    **rows("return.receive return.inspect", TRADERS),
    **rows("return.refund", MONEY),
    **rows("issue.open issue.reply issue.close deadline.remind", WORKERS),
    **rows(
        "issue.offer issue.accept issue.escalate dispute.open dispute.evidence dispute.comply dispute.default"
        " deadline.claim errand.do errand.dismiss",
        MONEY,
    ),
    **rows(
        "statement.propose statement.agree statement.contest statement.reopen payment.promise payment.sent"
        " payment.received payment.dispute void void.accept invoice.issue invoice.credit invoice.respond"
        " payee.set payee.remove payee.accept"
        " share.report netting.propose netting.consent netting.decline netting.begin netting.release",
        FINANCE,
    ),
    **rows("operator.list operator.code session.list key.list", OWNER, reads=True),
    **rows(
        "operator.add operator.change operator.remove operator.password operator.second-factor.off session.revoke"
        " key.make key.revoke",
        OWNER,
    ),
    **rows("backup.write backup.plan backup.run retention.set", OWNER),
    **rows("backup.show retention.show", OWNER, reads=True),
    **rows("account.show", EVERYBODY, reads=True),
    **rows(
        "account.language account.password account.totp.begin account.totp.confirm account.totp.off account.codes"
        " account.passkey.begin account.passkey.add account.passkey.remove account.session.revoke",
        EVERYBODY,
    ),
    **rows("bench.progress bench.orders bench.singles", OWNER),
}

ADMITTING: Final = frozenset(
    name
    for name, policy in POLICIES.items()
    if not policy.reads and name.partition(".")[0] in ("operator", "session", "key", "account")
)
"""What may change who comes in, and as what."""

LOCAL: Final = frozenset({"audit.export", "audit.document", "audit.verify", "backup.write"})
"""What names a path of the machine: whoever runs the node may, and nobody else by a path of their own (C07)."""


def permits(caller: Caller, use_case: str) -> bool:
    """Whether a caller may use a use case. One without a policy is nobody's."""
    policy = POLICIES.get(use_case)
    return policy is not None and caller.role in policy.roles


def authorise(caller: Caller, use_case: str) -> None:
    """NodeError `request.forbidden` unless the caller's role permits it."""
    if not permits(caller, use_case):
        policy = POLICIES.get(use_case)
        raise errors.NodeError(
            "request.forbidden",
            f"the role {caller.role} may not do this",
            expected=", ".join(sorted(policy.roles)) if policy else "a use case with a policy",
            got=str(caller.role),
        )
