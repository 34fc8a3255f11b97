"""Commands about what went wrong: issues, the disputes that come of them, and the arbiter's part."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import rich_click as click

from node import errors
from node.terminal import commands, uploads

Arguments = dict[str, Any]
CATEGORIES: Final = (
    "missing", "damaged", "defective", "wrong_item", "late", "return", "payment", "invoice", "statement", "other",
)  # fmt: skip
REMEDIES: Final = ("refund", "exchange", "repair", "credit", "explain", "other")
STATUSES: Final = ("processing", "need_more_info", "resolved", "information")

key = click.option("--key", help="Repeating the command with the same key does nothing twice.")


@click.group(cls=commands.Group)
def issue() -> None:
    """Complaints, and how they are settled."""


@issue.command("open")
@click.argument("order", required=False, metavar="ORDER")
@click.option("--partner", metavar="PARTNER", help="Where it is about no single order.")
@click.option("--buying/--selling", "buying", default=None, help="Which account, where each sells to the other.")
@click.option("--category", type=click.Choice(CATEGORIES), default="other", show_default=True, help="What is wrong.")
@click.option("--remedy", type=click.Choice(REMEDIES), help="What I want to be done.")
@click.option("--claim", metavar="AMOUNT", help="What I want to be paid.")
@commands.line_quantities
@uploads.message
@uploads.files
@key
@commands.asks("issue.open")
def issue_open(
    order: str | None, partner: str | None, quantities: tuple[str, ...], files: tuple[Path, ...], **typed: Any
) -> Arguments:
    """Complain about ORDER, or about PARTNER."""
    commands.need((order is None) != (partner is None), "name an order, or a partner with --partner")
    lines = commands.lines(quantities)
    return {"order": order, "partner": partner, "lines": lines, "files": uploads.contents(files), **typed}


@issue.command("photo")
@click.argument("issue", metavar="ISSUE")
@click.argument("hash")
@click.argument("file", type=uploads.NEW_FILE)
def issue_photo(issue: str, hash: str, file: Path) -> None:
    """Save a photo or another file of a complaint, by the HASH that `issue show` names, as the new FILE."""
    uploads.save("issue.file", {"issue": issue, "hash": hash}, file)


@issue.command("reply")
@click.argument("issue", metavar="ISSUE")
@click.option("--status", type=click.Choice(STATUSES), help="[default: processing; information to my own issue]")
@uploads.message
@uploads.files
@key
@commands.asks("issue.reply")
def issue_reply(files: tuple[Path, ...], **typed: Any) -> Arguments:
    """Answer an issue, ask, or say that it is resolved.

    ISSUE is the start of its hash, or the number of the order that it is about.
    """
    return {**typed, "files": uploads.contents(files)}


@issue.command("list")
@commands.partner
@click.option("--live", is_flag=True, help="Only those that are not at an end.")
@commands.asks("issue.list")
def issue_list(**typed: Any) -> Arguments:
    """List issues."""
    return typed


@issue.command("show")
@click.argument("issue", metavar="ISSUE")
@commands.asks("issue.show")
def issue_show(**typed: Any) -> Arguments:
    """Show one issue: messages, offers, every document."""
    return typed


@issue.command("offer")
@click.argument("issue", metavar="ISSUE")
@click.argument("amount")
@click.option("--to-me", is_flag=True, help="The partner would pay it, not I.")
@uploads.message
@key
@commands.asks("issue.offer")
def issue_offer(**typed: Any) -> Arguments:
    """Offer to settle an issue for AMOUNT, paid by me."""
    return typed


@issue.command("accept")
@click.argument("issue", metavar="ISSUE")
@click.option("--offer", metavar="ID", help="Which offer, where several wait.")
@click.option("--decline", is_flag=True, help="Say no to it.")
@commands.asks("issue.accept")
def issue_accept(**typed: Any) -> Arguments:
    """Take the partner's offer: it ends the issue and stands in the next statement."""
    return typed


@issue.command("close")
@click.argument("issue", metavar="ISSUE")
@click.option("--unsatisfied", is_flag=True, help="Closed all the same.")
@commands.asks("issue.close")
def issue_close(**typed: Any) -> Arguments:
    """Close my own issue: nothing more is asked for."""
    return typed


@issue.command("escalate")
@click.argument("issue", metavar="ISSUE")
@commands.asks("issue.escalate")
def issue_escalate(**typed: Any) -> Arguments:
    """Go on with my own issue, which was not resolved in the agreed time."""
    return typed


@click.group(cls=commands.Group)
def dispute() -> None:
    """Disputes before an arbiter; and being one."""


disclosed = click.option(
    "--document", "documents", multiple=True, metavar="HASH", help="A further document to show; repeatable."
)


@dispute.command("open")
@click.argument("issue", metavar="ISSUE")
@click.option("--claim", metavar="AMOUNT", help="What I ask the arbiter for.")
@disclosed
@uploads.message
@uploads.files
@key
@commands.asks("dispute.open")
def dispute_open(documents: tuple[str, ...], files: tuple[Path, ...], **typed: Any) -> Arguments:
    """Bring an escalated ISSUE before the arbiter."""
    return {**typed, "documents": list(documents) or None, "files": uploads.contents(files)}


@dispute.command("evidence")
@click.argument("issue", metavar="ISSUE")
@disclosed
@uploads.message
@uploads.files
@key
@commands.asks("dispute.evidence")
def dispute_evidence(documents: tuple[str, ...], files: tuple[Path, ...], **typed: Any) -> Arguments:
    """Lay more before the arbiter."""
    return {**typed, "documents": list(documents) or None, "files": uploads.contents(files)}


@dispute.command("export")
@click.argument("issue", metavar="ISSUE")
@click.argument("file", type=uploads.NEW_FILE)
def dispute_export(issue: str, file: Path) -> None:
    """Write the case for the arbiter into the new FILE: documents with their proofs, and what was sent along."""
    write(file, "dispute.export", {"issue": issue}, "case")


@dispute.command("read")
@click.argument("file", type=commands.EXISTING)
@commands.asks("dispute.read")
def dispute_read(file: Path) -> Arguments:
    """As an arbiter: check the case in FILE and read it. From now on my time runs."""
    return {"case": text(file)}


@dispute.command("award")
@click.argument("case", type=commands.EXISTING)
@click.argument("file", type=uploads.NEW_FILE)
@click.option("--to", type=click.Choice(("buyer", "seller")), help="Who is to be paid.")
@click.option("--amount", help="How much.")
@click.option("--dismiss", is_flag=True, help="Nobody owes anything.")
@click.option(
    "--return", "returns", multiple=True, metavar="LINE=QUANTITY", help="What the buyer sends back; repeatable."
)
@click.option("--within-days", type=click.IntRange(0, 3650), default=14, show_default=True, help="How long to comply.")
@click.option("--reasons", metavar="TEXT", help="Why.")
def dispute_award(
    case: Path, file: Path, dismiss: bool, returns: tuple[str, ...], to: str | None, amount: str | None,
    within_days: int, reasons: str | None,
) -> None:  # fmt: skip
    """As an arbiter: decide CASE and sign the award, into the new FILE."""
    something = to is not None or bool(returns)
    commands.need(something != dismiss, "say --to and --amount, or --return, or --dismiss")
    given = {"to": to, "amount": amount, "returns": commands.lines(returns), "within_days": within_days}
    write(file, "dispute.award", {"case": text(case), **given, "reasons": reasons or ""}, "award")


@dispute.command("decide")
@click.argument("file", type=commands.EXISTING)
@commands.asks("dispute.decide")
def dispute_decide(file: Path) -> Arguments:
    """Enter the arbiter's award in FILE in my logbook. It counts from then on."""
    return {"award": text(file)}


@dispute.command("comply")
@click.argument("issue", metavar="ISSUE")
@commands.asks("dispute.comply")
def dispute_comply(**typed: Any) -> Arguments:
    """Say that I did what the award says."""
    return typed


@dispute.command("default")
@click.argument("issue", metavar="ISSUE")
@commands.asks("dispute.default")
def dispute_default(**typed: Any) -> Arguments:
    """Say that the partner did not do what the award says, in time."""
    return typed


@dispute.command("list")
@commands.partner
@commands.asks("dispute.list")
def dispute_list(**typed: Any) -> Arguments:
    """List disputes and awards."""
    return typed


@dispute.command("key")
@commands.asks("dispute.key")
def dispute_key() -> Arguments:
    """How an agreement names me as an arbiter."""
    return {}


def text(path: Path) -> str:
    """The text of a file. NodeError `case.unreadable`."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise errors.NodeError("case.unreadable", f"{path} cannot be read", got=str(error)) from None


def write(file: Path, case: str, arguments: Arguments, field: str) -> None:
    """Ask the node, and write one field of the answer into a new file; the rest is shown."""
    terminal = commands.current()
    answer = terminal.ask(case, arguments)
    uploads.write_new(file, answer[field] + "\n")
    terminal.answer(case, {"file": str(file), **{name: value for name, value in answer.items() if name != field}})
