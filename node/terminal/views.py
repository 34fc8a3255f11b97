"""What the answer of each use case looks like to a person. A use case without a view of its own shows its fields."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from node.terminal import accounts, agendas, cases, orders, reports, retentions, rosters, tables, terms, wares

Json = Mapping[str, Any]
View = Callable[[Json], RenderableType]

ORDER_CHARACTERS_SHOWN: Final = 16
"""An order number as this program makes them is shown whole, a hash by its beginning."""

LOOPBACK: Final = ("127.", "localhost:", "[::1]:")

SHEET: Final = """\
HANSE RECOVERY SHEET

Keep this on paper, away from the computer. With both codes this merchant's identity can be taken back
when the computer is lost or its keys are stolen. Nobody else has them, and they are shown only once.

Merchant        {name}
Node            {node}

Next keys       {recovery[next_root]}
Last resort     {recovery[recovery]}
"""


def of(name: str, answer: Json) -> RenderableType:
    """The view of an answer to the use case `name`."""
    return VIEWS.get(name, fields)(answer)


def fields(answer: Json) -> RenderableType:
    """Every field that is not a list of objects, one under the other; what was refused follows as a table."""
    simple = [(tables.label(key), value) for key, value in answer.items() if not tables.is_list_of_objects(value)]
    refused = answer.get("refused")
    parts = [tables.fields(simple)]
    if refused:
        parts.append(refusals(refused))
    return Group(*parts)


def refusals(refused: list[Json]) -> RenderableType:
    """Orders that a rule said no to, a row for each reason."""
    rows = [
        {"order": tables.shortened(order.get("order"), ORDER_CHARACTERS_SHOWN), **fault}
        for order in refused
        for fault in order.get("faults") or [{}]
    ]
    columns = {
        "order": "order",
        "what": "why",
        "code": "code",
        "path": "where",
        "expected": "expected",
        "got": "got",
    }
    return Group(Text(), tables.rows_of({"rows": rows}, "rows", columns, empty="", title="Refused"))


def founded(answer: Json) -> RenderableType:
    """A new node. The recovery sheet is printed here and never again."""
    head = tables.fields([(tables.label(key), value) for key, value in answer.items() if key != "recovery"])
    next_step = one_line(f"Start it with: hanse --home {shlex.quote(tables.plain(answer.get('home')))} run")
    return Group(head, Text("\n" + sheet(answer)) if "recovery" in answer else Text(), next_step)


def running(answer: Json) -> RenderableType:
    """A node that runs: where partners reach it, and where its owner does."""
    parts = [one_line(f"Partners reach this node at {tables.plain(answer.get('listening'))}.")]
    for place in answer.get("console") or ():
        parts.append(one_line(f"Open {tables.plain(place)} in your browser. Ctrl-C stops the node."))
    if answer.get("code"):
        parts.append(
            one_line(f"Nobody can sign in yet: the code for the first owner is {tables.plain(answer['code'])}")
        )
    return Group(*parts)


def asked(answer: Json) -> RenderableType:
    """A page that waits for somebody before there is a node to ask."""
    parts = [one_line(f"Open {tables.plain(place)} in your browser.") for place in answer.get("console") or ()]
    if answer.get("code"):
        parts.append(one_line(f"The page asks for this code: {tables.plain(answer['code'])}"))
    else:
        parts.append(one_line("The page asks for the passphrase of the keys."))
    return Group(*parts)


def one_line(text: str) -> Text:
    """A text that is there to be copied: never folded, whatever the width."""
    return Text(text, no_wrap=True, overflow="ignore")


def sheet(answer: Json) -> str:
    """The recovery sheet as text."""
    return SHEET.format_map(answer)


def status(answer: Json) -> RenderableType:
    """Who I am, who is there, what waits for me."""
    orders = answer.get("orders") or {}
    return tables.fields(
        [
            ("name", answer.get("name")),
            ("node", answer.get("node")),
            ("address", answer.get("addresses")),
            ("partners", f"{answer.get('partners', 0)}, {answer.get('online', 0)} online"),
            ("selling", orders.get("selling") or "no orders"),
            ("buying", orders.get("buying") or "no orders"),
            ("not yet sent", answer.get("outbox")),
            ("waiting for me", answer.get("waiting_for_me") or "nothing"),
            ("database", durability(answer.get("sqlite") or {})),
            ("last backup", tables.moment(answer["backup_ms"]) if answer.get("backup_ms") else "never"),
            ("newest change", answer.get("seen")),
        ]
    )


def durability(sqlite: Json) -> str:
    """How safely the database writes."""
    synchronous = {0: "off", 1: "normal", 2: "full", 3: "extra"}.get(sqlite.get("synchronous", -1), "")
    return f"SQLite {sqlite['version']}, {sqlite['journal_mode']}, synchronous {synchronous}" if sqlite else ""


def invitation(answer: Json) -> RenderableType:
    """An invitation in one line, whatever the width: it is there to be copied."""
    uri = tables.plain(answer.get("uri"))
    until = tables.moment(answer.get("expires_s", 0) * 1000)
    parts = [
        one_line(uri),
        Text(f"One merchant may use it, until {until}. Send it over a channel that you trust. There:"),
        one_line(f"hanse join '{uri}'"),
    ]
    addresses = re.findall(r"[?&]a=([^&]*)", uri)
    if addresses and all(address.startswith(LOOPBACK) for address in addresses):
        parts.append(Text("Only this very machine reaches that address: see `listen` and `advertised` in config.toml."))
    return Group(*parts)


def restored(answer: Json) -> RenderableType:
    """A home that was made from a backup."""
    return Group(
        tables.fields([("home", answer.get("home"))]),
        Text(
            "The node must not run anywhere else any more. It signs once its partners have given back what is missing."
        ),
        one_line(f"Start it with: hanse --home {shlex.quote(tables.plain(answer.get('home')))} run"),
    )


def words(answer: Json) -> RenderableType:
    """The partner just won, and the words that both sides read out to each other."""
    spoken = Text(" ".join(map(tables.plain, answer.get("words") or [])), style="bold")
    already = "Already a partner: " if answer.get("already") else "Partner: "
    note = Text("Read these words to each other, by telephone. If they differ, somebody sits between you:")
    return Group(Text(already + tables.plain(answer.get("partner"))), note, spoken)


def trade_of(partner: Json) -> object:
    """How the trade with a partner stands, where that is worth a word."""
    if partner.get("ended"):
        return "ended"
    return "" if partner.get("peering") in ("active", None) else partner.get("peering")


def partners(answer: Json) -> RenderableType:
    """Every partner in a row."""
    rows = [
        {
            **partner,
            "node": tables.shortened(partner.get("node"), tables.NODE_CHARACTERS_SHOWN),
            "online": "online" if partner.get("online") else tables.day(partner.get("last_seen_ms")),
            "receipted": f"{partner.get('receipted', 0)}/{partner.get('sent', 0)}",
            "peering": trade_of(partner),
            "channel_state": "" if partner.get("channel_state") == "open" else partner.get("channel_state"),
        }
        for partner in answer.get("partners") or []
    ]
    columns = {
        "name": "name",
        "node": "node",
        "state": "state",
        "peering": "trade",
        "open": "open",
        "channel_state": "channel",
        "online": "last seen",
        "receipted": "receipted",
        "received": "received",
        "waiting": "waiting",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No partners yet: `hanse invite` makes an invitation.")


VIEWS: Final[Mapping[str, View]] = {
    "run": running,
    "run.asked": asked,
    "init": founded,
    "restore": restored,
    "status": status,
    "invite": invitation,
    "join": words,
    "partners": partners,
    "catalogue.import": wares.imported,
    "catalogue.list": wares.goods,
    "catalogue.preview": wares.goods,
    "stock.import": wares.imported,
    "selection.list": wares.offers,
    "selection.changes": wares.news,
    "agreement.list": terms.agreements,
    "stock.list": wares.stock,
    "stock.holds": wares.holds,
    "stock.location.list": wares.locations,
    "catalogue.lists": wares.selections,
    "content.show": wares.contents,
    "feedback.list": terms.feedback,
    "offer.list": terms.notices,
    "want.list": terms.notices,
    "quote.list": terms.quotes,
    "capability.list": terms.capabilities,
    "stock.allotments": wares.allotments,
    "order.import": wares.imported,
    "import.list": wares.files,
    "import.show": wares.file,
    "order.list": orders.orders,
    "today": agendas.agenda,
    "search": agendas.found,
    "order.show": orders.order,
    "courier.list": orders.couriers,
    "channel.list": wares.channels,
    "order.disclose": orders.openings,
    "deadline.list": cases.deadlines,
    "deadline.claim": cases.claims,
    "errand.list": cases.errands,
    "return.list": cases.returns,
    "return.show": cases.returned,
    "issue.list": cases.issues,
    "issue.show": cases.issue,
    "dispute.list": cases.disputes,
    "dispute.read": cases.case,
    "statement.propose": accounts.proposals,
    "statement.list": accounts.statements,
    "statement.show": accounts.statement,
    "balance": accounts.balances,
    "obligation.list": accounts.obligations,
    "credit.list": accounts.credits,
    "netting.list": accounts.nettings,
    "share.list": accounts.shares,
    **{name: agendas.tally(name) for name in agendas.REPORTS},
    "aftersales.list": agendas.aftersales,
    "payee.list": accounts.payees,
    "payee.show": accounts.payees,
    "payment.list": accounts.payments,
    "payment.received": accounts.money_arrived,
    "invoice.list": cases.invoices,
    "invoice.show": cases.invoice,
    "operator.list": rosters.operators,
    "session.list": rosters.sessions,
    "key.list": rosters.keys,
    "key.make": rosters.key_made,
    "backup.write": rosters.backup,
    "retention.show": retentions.retained,
    "retention.set": retentions.retained,
    "backup.show": retentions.plan,
    "backup.plan": retentions.plan,
    "backup.run": retentions.kept,
    "audit.verify": reports.verdict,
    "audit.verify.document": reports.proof,
    "doctor": reports.findings,
    "demo": reports.demonstration,
    "bench": reports.benchmark,
}
"""Use case, or local command, to its view."""
