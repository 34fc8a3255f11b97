"""What a node tells the person or the program that asked it: a stable code, a sentence, an exit status.

    NodeError       something that was asked for cannot be done; nothing is broken
    └── StorageError    the disk can no longer be trusted; the process ends, and the next start reads the truth again

The list of codes is closed: `CODES` names every one with its exit status, and docs/operating.md says the same. Only
`cli.main` exits; everything else raises.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from enum import IntEnum
from errno import EDQUOT, ENOSPC
from typing import Final

Fault = Mapping[str, str]
"""One of many findings about one input: the keys `code`, `path`, `expected`, `got`."""


class Exit(IntEnum):
    """Exit statuses, after sysexits.h where it has one."""

    DONE = 0
    REFUSED = 1
    """A rule says no."""
    USAGE = 2
    UNREADABLE = 65
    """Input that cannot be read, or was tampered with."""
    UNREACHABLE = 69
    """A partner or the node itself does not answer."""
    BUG = 70
    """A bug of ours, or storage that failed under us."""
    DISK = 74
    """The disk is full, read-only or unfit."""
    LATER = 75
    """Nothing is wrong; try again later."""
    PROTOCOL = 76
    """A partner broke the protocol."""
    PERMISSION = 77
    """A key or a file permission is missing or wrong."""
    CONFIGURATION = 78
    INTERRUPTED = 130


CODES: Final[Mapping[str, tuple[Exit, str]]] = {
    # asking
    "request.malformed": (Exit.USAGE, "the arguments of a use case have faults"),
    "request.unknown": (Exit.USAGE, "no use case has this name"),
    "request.forbidden": (Exit.PERMISSION, "the role of whoever asks does not permit it"),
    "request.unauthenticated": (Exit.PERMISSION, "whoever asks is not signed in, and shows no key"),
    "request.method": (Exit.USAGE, "the page or the use case is not asked by this method of HTTP"),
    "request.media": (Exit.USAGE, "the request is of another media type than the API takes"),
    "request.overtaken": (Exit.REFUSED, "somebody else altered the same thing meanwhile; nothing was done"),
    "request.too-big": (Exit.USAGE, "the arguments are larger than the node takes"),
    "request.too-long": (Exit.REFUSED, "a question costs the database more than any may"),
    "document.refused": (Exit.REFUSED, "a rule of the trade says no"),
    "internal.error": (Exit.BUG, "a bug: the node's log has its traceback under the same number"),
    # the program
    "program.replaced": (Exit.CONFIGURATION, "another distribution owns packages of our names in this environment"),
    "demo.unmet": (Exit.REFUSED, "a demonstration did not come out as it must"),
    "bench.closed": (Exit.REFUSED, "the node was not started for a benchmark"),
    # the home and the machine
    "home.empty": (Exit.CONFIGURATION, "the home holds no node yet"),
    "file.exists": (Exit.REFUSED, "a file exists already and is not overwritten"),
    "task.unreadable": (Exit.UNREADABLE, "a file of work for a granted key cannot be read"),
    "home.exists": (Exit.REFUSED, "the folder already holds a node, or other files"),
    "home.locked": (Exit.REFUSED, "another process runs on this home"),
    "home.permission": (Exit.PERMISSION, "a file of the home can be read by others, or belongs to somebody else"),
    "home.unfit": (Exit.DISK, "the file system of the home cannot keep what is written to it"),
    "disk.full": (Exit.DISK, "no space is left on the disk"),
    "disk.failed": (Exit.DISK, "a file could not be read or written"),
    "storage.failed": (Exit.BUG, "the database failed; the node stops and reads the truth again at the next start"),
    "storage.guarantees": (Exit.BUG, "this SQLite does not give the guarantees that the node needs"),
    "storage.newer": (Exit.CONFIGURATION, "the database was written by a newer program"),
    "storage.copy": (Exit.DISK, "the database could not be copied into a backup"),
    "backup.differs": (Exit.DISK, "a backup does not read back as it was written"),
    "backup.folder": (Exit.DISK, "the folder for backups is not there, or cannot be used"),
    "backup.unreadable": (Exit.UNREADABLE, "a file is no backup of a node, or a damaged one"),
    "storage.damaged": (Exit.LATER, "an entry on this disk is damaged; its copy is fetched from the partner"),
    "storage.crash-loop": (Exit.DISK, "storage failed at several starts in a row"),
    # configuration
    "config.malformed": (Exit.CONFIGURATION, "the configuration has faults"),
    "config.unreadable": (Exit.CONFIGURATION, "the configuration is no TOML"),
    # keys
    "key.passphrase": (Exit.PERMISSION, "the passphrase is missing, too short or wrong"),
    "key.unreadable": (Exit.UNREADABLE, "the key file is damaged, or of a kind that this program does not know"),
    "key.missing": (Exit.PERMISSION, "the home has no key file, or the key is not in it"),
    # operators of the console
    "operator.unknown": (Exit.REFUSED, "no operator is called so, or whoever asks is none"),
    "operator.exists": (Exit.REFUSED, "an operator of this name exists already"),
    "operator.name": (Exit.REFUSED, "a name or a label is empty, too long, or holds what cannot be printed"),
    "operator.password": (Exit.REFUSED, "a new password is too short, or too easily guessed"),
    "operator.last-owner": (Exit.REFUSED, "without this operator nobody would be left who may do everything"),
    "operator.code": (Exit.REFUSED, "the code of the authenticator is wrong, or was used already"),
    "operator.passkey": (Exit.REFUSED, "a passkey proves nothing, or is not the operator's"),
    "session.unknown": (Exit.REFUSED, "no such session is open"),
    "program-key.unknown": (Exit.REFUSED, "no key of a program could be meant, or it is revoked already"),
    "sign-in.wrong": (Exit.PERMISSION, "the password is wrong"),
    "sign-in.wait": (Exit.LATER, "too many wrong attempts: the next one must wait"),
    "sign-in.busy": (Exit.LATER, "too many want to sign in at the same moment"),
    # the network
    "links.address": (Exit.CONFIGURATION, "this is no address of a node"),
    "links.listen": (Exit.CONFIGURATION, "the listening address cannot be used"),
    "setup.code": (Exit.PERMISSION, "the code of the wizard is another one"),
    "console.exposed": (Exit.CONFIGURATION, "the console would be reached by others without a certificate"),
    "console.certificate": (Exit.CONFIGURATION, "the certificate of the console, or its key, cannot be used"),
    "console.listen": (Exit.CONFIGURATION, "the address of the console cannot be used"),
    "console.busy": (Exit.LATER, "as much long work goes on in the console as may at once"),
    "node.not-running": (Exit.UNREACHABLE, "no node runs on this home"),
    "node.gone": (Exit.UNREACHABLE, "the node ended before it answered"),
    "node.stranger": (Exit.PERMISSION, "the control socket serves the user of the node only"),
    # partners
    "invite.malformed": (Exit.UNREADABLE, "this is no invitation, or only a part of one"),
    "invite.expired": (Exit.REFUSED, "the invitation has expired"),
    "invite.own": (Exit.REFUSED, "the invitation is one of this very node"),
    "invite.unknown": (Exit.REFUSED, "no such invitation waits to be used"),
    "invite.unanswered": (Exit.UNREACHABLE, "no address of the invitation answered"),
    "partner.unknown": (Exit.REFUSED, "no partner is called so"),
    "partner.ambiguous": (Exit.REFUSED, "more than one partner could be meant"),
    "partner.busy": (Exit.REFUSED, "orders with the partner are still open"),
    "channel.recovering": (Exit.LATER, "this node was restored and waits for the partner to give back what is missing"),
    "channel.forked": (Exit.PROTOCOL, "two histories of the channel contradict each other; nothing more is signed"),
    "channel.stopped": (Exit.PROTOCOL, "the partner signed what cannot be, or what is stored is damaged"),
    "channel.closed": (Exit.REFUSED, "the channel with the partner is closed"),
    # trading
    "agreement.missing": (Exit.REFUSED, "no agreement with the partner is in force"),
    "agreement.unknown": (Exit.REFUSED, "no single proposal could be meant"),
    "agreement.ambiguous": (Exit.REFUSED, "more than one agreement could be meant"),
    "order.unknown": (Exit.REFUSED, "no order is called so"),
    "consumer.unknown": (Exit.REFUSED, "no order has this telephone number"),
    "order.ambiguous": (Exit.REFUSED, "more than one order could be meant"),
    "order.line": (Exit.REFUSED, "the order has no such line"),
    "order.parcel": (Exit.REFUSED, "no single parcel of the order could be meant"),
    "order.channel": (Exit.REFUSED, "the agreement does not let me sell on this kind of channel"),
    "order.nothing": (Exit.REFUSED, "nothing of the order is in a state that the command can change"),
    "deadline.nothing": (Exit.REFUSED, "nothing of what was named waits under a deadline that favours me"),
    "deadline.early": (Exit.REFUSED, "the deadline is not over"),
    "deadline.unproved": (Exit.LATER, "the deadline is over, and no receipt of the partner proves it yet"),
    "errand.unknown": (Exit.REFUSED, "no errand has this number"),
    "order.sku": (Exit.REFUSED, "the partner does not offer the SKU"),
    "feedback.none": (Exit.REFUSED, "no consumer of this order can be heard by this node, or not yet"),
    "card.unknown": (Exit.REFUSED, "the partner has not shown its card yet"),
    "notice.unknown": (Exit.REFUSED, "no single notice could be meant"),
    "quote.unknown": (Exit.REFUSED, "no single quotation could be meant, or nothing was quoted"),
    "capability.unknown": (Exit.REFUSED, "no single offer or grant could be meant"),
    "hold.unknown": (Exit.REFUSED, "no single hold could be meant"),
    "order.credit": (Exit.REFUSED, "the order goes beyond the credit that the agreement gives"),
    "payee.unknown": (Exit.REFUSED, "there are no such payment details, or other ones by now"),
    "payee.unreadable": (Exit.UNREADABLE, "what a partner calls its payment details is none"),
    "payment.unknown": (
        Exit.REFUSED,
        "no announced payment could be meant, and nothing is owed that the money could pay",
    ),
    "return.unknown": (Exit.REFUSED, "no single return is called so"),
    "courier.none": (Exit.REFUSED, "no rule chooses a courier for this parcel"),
    "courier.rule": (Exit.REFUSED, "there is no such rule for couriers, or no room for one more"),
    "return.nothing": (Exit.REFUSED, "nothing of this return stands where it would have to for this step"),
    "return.not-returnable": (
        Exit.REFUSED,
        "the seller's listing says that it takes these goods back only where it is at fault",
    ),
    "issue.unknown": (Exit.REFUSED, "no single issue could be meant"),
    "issue.unproved": (Exit.LATER, "the partner has not receipted a document, so no clock has started"),
    "dispute.none": (Exit.REFUSED, "the issue is not before an arbiter, or nothing is decided"),
    "dispute.early": (Exit.LATER, "the arbiters before this one still have time"),
    "dispute.arbiter": (Exit.REFUSED, "this merchant is no arbiter of the agreement"),
    "case.unreadable": (Exit.UNREADABLE, "this is no case and no award"),
    "case.damaged": (Exit.UNREADABLE, "a case does not hold: a signature, a proof or a document is missing or wrong"),
    "issue.offer": (Exit.REFUSED, "no single offer to settle could be meant"),
    "invoice.unknown": (Exit.REFUSED, "no single invoice could be meant"),
    "invoice.nothing": (Exit.REFUSED, "nothing was sold that could be invoiced"),
    "attachment.unknown": (Exit.REFUSED, "no file of this name was sent with it, or it is not here yet"),
    "attachment.unreadable": (Exit.REFUSED, "an attachment is empty, too large, or of a kind that is not known"),
    "netting.unknown": (Exit.REFUSED, "no single netting could be meant"),
    "netting.round": (Exit.REFUSED, "no such round of nettings could be meant, or it is not for a person to answer"),
    "netting.nothing": (Exit.REFUSED, "so much is not owed both ways by what both have signed"),
    "statement.unknown": (Exit.REFUSED, "no single statement could be meant, or its lines are unreadable"),
    "statement.nothing": (Exit.REFUSED, "there is nothing new to be stated"),
    "statement.line-unknown": (Exit.REFUSED, "the statement has no single line that could be meant"),
    "stock.short": (Exit.REFUSED, "more would leave than lies on the shelf"),
    "stock.location": (Exit.REFUSED, "no such location is known"),
    "stock.sku": (Exit.REFUSED, "this is none of my goods"),
    "stock.count": (Exit.REFUSED, "a count of stock cannot be right"),
    "good.unknown": (Exit.REFUSED, "no article of mine has this SKU"),
    "import.unknown": (Exit.REFUSED, "no file that was taken in of late has this number"),
    "import.undone": (Exit.REFUSED, "the file was taken back already"),
    "import.changed": (Exit.REFUSED, "what the file changed was changed again since"),
    "good.known": (Exit.REFUSED, "an article of mine has this SKU already"),
    "offer.unknown": (Exit.REFUSED, "the partner offers nothing under this SKU"),
    "picture.unknown": (Exit.REFUSED, "no picture of this name is here"),
    "sheet.faults": (Exit.REFUSED, "a spreadsheet has faults; nothing of it was imported"),
    # the audit
    "audit.archive": (Exit.UNREADABLE, "this is no archive of an export, or one that no export would be"),
    "audit.target": (Exit.REFUSED, "the folder for an audit export is not empty, or there is such a file already"),
    "audit.document": (Exit.REFUSED, "no receipted document has this hash"),
    "audit.no-identity": (Exit.BUG, "the identity logbook of a party is not stored, so its notes would prove nothing"),
}
"""Every code: its exit status, and what it means."""


class NodeError(Exception):
    """Something that was asked for cannot be done.

    `code` is one of `CODES` and `exit` its status. `expected`, `got` and `hint` say what to do; `faults` holds every
    finding where one input has many.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        expected: object = None,
        got: object = None,
        hint: str = "",
        faults: Sequence[Fault] = (),
    ) -> None:
        assert code in CODES, f"{code} is not in the list of codes"
        super().__init__(message)
        self.code = code
        self.message = message
        self.expected = expected
        self.got = got
        self.hint = hint
        self.faults: tuple[Fault, ...] = tuple(faults)

    @property
    def exit(self) -> Exit:
        """The status with which a command ends that fails so."""
        return CODES[self.code][0]

    def __str__(self) -> str:
        text = self.message
        if self.expected is not None:
            text += f": expected {self.expected}, got {self.got}"
        elif self.got is not None:
            text += f": {self.got}"
        return f"{text} [{self.code}]"


class StorageError(NodeError):
    """What was or was not written is unknown. Fatal: nobody may go on, retry or answer (faults.md S03, S07).

    A full disk exits 74 like every other trouble with the disk itself, everything else 70.
    """

    def __init__(self, message: str) -> None:
        super().__init__(
            "storage.failed", message, hint="start the node again: it reads back what really reached the disk"
        )

    @property
    def exit(self) -> Exit:
        """74 when the disk is full, else 70."""
        return Exit.DISK if is_full(self.__cause__) else Exit.BUG


def fault(code: str, path: str, expected: str, got: str) -> Fault:
    """One finding."""
    return {"code": code, "path": path, "expected": expected, "got": got}


def is_full(error: BaseException | None) -> bool:
    """Whether an error of SQLite or of the operating system says that no space is left."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return code is not None and code & 0xFF == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT)


def to_json(error: NodeError) -> dict[str, object]:
    """An error as programs read it: code, message, what was expected and got, every fault, exit status."""
    return {
        "code": error.code,
        "message": error.message,
        "expected": None if error.expected is None else str(error.expected),
        "got": None if error.got is None else str(error.got),
        "hint": error.hint,
        "faults": [dict(fault) for fault in error.faults],
        "exit": int(error.exit),
    }


def from_json(content: Mapping[str, object]) -> NodeError:
    """The error that another process of this program reported with `to_json`. An unknown code becomes a bug of ours."""
    code = str(content.get("code"))
    faults = content.get("faults")
    return NodeError(
        code if code in CODES else "internal.error",
        str(content.get("message", "")),
        expected=content.get("expected"),
        got=content.get("got"),
        hint=str(content.get("hint") or ""),
        faults=[fault for fault in faults if isinstance(fault, dict)] if isinstance(faults, list) else [],
    )
