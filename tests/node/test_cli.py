"""The command line: what is typed becomes a question to the node, and the answer becomes output and exit status."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import cli
from contracts import orders
from node import errors, runtime
from node.terminal import consoles, deals, terminals
from tests.node import controls, programs

REPOSITORY = Path(cli.__file__).parent

FIXED = (
    "init run status doctor invite join partners catalogue.import catalogue.list catalogue.share agreement.propose "
    "agreement.accept agreement.list stock.set stock.list order.import order.place order.list order.show order.accept "
    "order.reject order.ship order.cancel statement.propose statement.list statement.show statement.agree payment.sent "
    "payment.received audit.export audit.verify demo bench"
)
"""The names that scripts rely on."""


def every_command(group: click.Group = cli.hanse, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield above + name, command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{above}{name}.")


def test_every_fixed_name_is_a_command() -> None:
    assert set(FIXED.split()) - {name for name, _ in every_command()} == set()


@pytest.mark.parametrize(("name", "command"), list(every_command()))
def test_every_command_takes_home_and_json_and_says_what_it_does(name: str, command: click.Command) -> None:
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--home", "--json", "--seen"} <= options
    assert command.help
    silent = [
        parameter.name for parameter in command.params if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert silent == []
    assert programs.run(*name.split("."), "--help").exit_code == 0


MONEY = {"amount": 1250, "currency": "CNY", "text": "12.50 CNY"}

QUESTIONS: list[tuple[list[str], str, dict[str, Any]]] = [
    (["status"], "status", {}),
    (["catalogue", "show", "CUP-0"], "catalogue.show", {"sku": "CUP-0"}),
    (["catalogue", "preview", "P", "--text", "cup"], "catalogue.preview", {"partner": "P", "text": "cup"}),
    (
        ["selection", "list", "--margin", "30", "--sort", "margin", "--in-stock"],
        "selection.list",
        {"margin_percent_min": 30, "sort": "margin", "in_stock": True, "limit": 1000},
    ),
    (["selection", "show", "P", "CUP-0"], "selection.show", {"partner": "P", "sku": "CUP-0"}),
    (["selection", "changes"], "selection.changes", {}),
    (["selection", "noted"], "selection.noted", {}),
    (["picture", "first", "CUP-0", "ab"], "picture.first", {"sku": "CUP-0", "image": "ab"}),
    (["picture", "remove", "CUP-0", "ab"], "picture.remove", {"sku": "CUP-0", "image": "ab"}),
    (["deadline", "list", "--mine", "--partner", "P"], "deadline.list", {"mine": True, "partner": "P"}),
    (["deadline", "claim"], "deadline.claim", {}),
    (
        ["order", "propose", "N1", "--substitute", "CUP-2", "--quantity", "1=3", "--promise", "2026-11-30T18:00+00:00"],
        "order.propose",
        {"order": "N1", "substitute": "CUP-2", "quantities": {"1": 3}, "promise_s": 1796061600}
        | {"backorder": False, "keep_open": False},
    ),
    (
        ["order", "change", "N1", "--to", "1=4", "--price", "2=9.50"],
        "order.change",
        {"order": "N1", "becomes": {"1": 4}, "prices": {"2": "9.50"}},
    ),
    (
        ["order", "answer", "N1", "--decline", "--line", "2"],
        "order.answer",
        {"order": "N1", "accept": False, "lines": [2]},
    ),
    (
        ["order", "report", "N1", "delivered", "--waybill", "W"],
        "order.report",
        {"order": "N1", "event": "delivered", "waybill": "W"},
    ),
    (
        ["order", "receive", "N1", "--short", "1=1", "--rejected", "2=3"],
        "order.receive",
        {"order": "N1", "short": {"1": 1}, "rejected": {"2": 3}},
    ),
    (["deadline", "claim", "N1", "--row", "order.place"], "deadline.claim", {"order": "N1", "row": "order.place"}),
    (["deadline", "remind", "N1", "--key", "k"], "deadline.remind", {"order": "N1", "key": "k"}),
    (["invite"], "invite", {"hours": 24}),
    (["invite", "--hours", "2"], "invite", {"hours": 2}),
    (["join", "hanse:1?i=a"], "join", {"uri": "hanse:1?i=a"}),
    (["partners"], "partners", {}),
    (["partner", "rename", "Old", "New"], "partner.rename", {"partner": "Old", "name": "New"}),
    (["partner", "remove", "Old"], "partner.remove", {"partner": "Old"}),
    (["partner", "suspend", "D", "--reason", "holiday"], "partner.suspend", {"partner": "D", "reason": "holiday"}),
    (["partner", "resume", "D"], "partner.resume", {"partner": "D"}),
    (["partner", "end", "D", "--notice", "60"], "partner.end", {"partner": "D", "notice_days": 60}),
    (
        ["card", "set", "--legal-name", "Tea Ltd", "--language", "en"],
        "card.set",
        {"legal_name": "Tea Ltd", "languages": ["en"]},
    ),
    (["card", "show", "--partner", "D"], "card.show", {"partner": "D"}),
    (["catalogue", "list"], "catalogue.list", {}),
    (["catalogue", "list", "--partner", "F"], "catalogue.list", {"partner": "F"}),
    (["catalogue", "share", "D"], "catalogue.share", {"partner": "D", "percent": "100"}),
    (
        ["catalogue", "derive", "F", "--markup", "12.5", "--prefix", "F-"],
        "catalogue.derive",
        {"partner": "F", "markup_percent": "12.5", "prefix": "F-", "own_skus": False},
    ),
    (["catalogue", "withdraw", "CUP-1"], "catalogue.withdraw", {"sku": "CUP-1"}),
    (["imports", "list"], "import.list", {}),
    (["selection", "watch", "5"], "selection.watch", {"rise_percent": "5"}),
    (["selection", "reckon", "ab" * 32], "selection.reckon", {"listings": ["ab" * 32]}),
    (
        ["selection", "take", "ab" * 32, "cd" * 32, "--markup", "30", "--round-to", "1"],
        "selection.take",
        {"listings": ["ab" * 32, "cd" * 32], "markup_percent": "30", "round_to": "1"},
    ),
    (["imports", "show", "3"], "import.show", {"number": 3}),
    (["imports", "undo", "3", "--others"], "import.undo", {"number": 3, "others": True}),
    (["catalogue", "restore", "CUP-1"], "catalogue.restore", {"sku": "CUP-1"}),
    (
        ["catalogue", "add", "CUP-1", "--title", "zh=杯", "--option", "colour=blue", "--price", "12.50"],
        "catalogue.add",
        {
            **{"sku": "CUP-1", "titles": {"zh": "杯"}, "price": "12.50"},
            "options": [{"axis": "colour", "value": "blue"}],
        },
    ),
    (
        ["catalogue", "change", "CUP-1", "--not-returnable", "--markup", "30"],
        "catalogue.change",
        {"sku": "CUP-1", "returnable": False, "markup_percent": "30"},
    ),
    (["catalogue", "price", "D", "CUP-1", "9"], "catalogue.price", {"partner": "D", "sku": "CUP-1", "amount": "9"}),
    (
        ["agreement", "propose", "D", "--credit", "5000", "--ship-by-hours", "24"],
        "agreement.propose",
        {"partner": "D", "buying": False, "currency": "CNY", "credit": "5000", "ship_by_hours": 24},
    ),
    (["agreement", "accept", "F"], "agreement.accept", {"partner": "F"}),
    (["agreement", "accept", "F", "abcd"], "agreement.accept", {"partner": "F", "agreement": "abcd"}),
    (["agreement", "list"], "agreement.list", {}),
    (["stock", "set", "A=B=3", "C=0"], "stock.set", {"items": {"A=B": 3, "C": 0}}),
    (["stock", "set", "A-1", "12"], "stock.set", {"items": {"A-1": 12}}),
    (["stock", "list"], "stock.list", {}),
    (["stock", "hold", "F", "A-1", "3"], "stock.hold", {"partner": "F", "sku": "A-1", "quantity": 3, "hours": 24}),
    (["stock", "holds"], "stock.holds", {}),
    (["stock", "set", "A-1", "12", "--location", "hk"], "stock.set", {"items": {"A-1": 12}, "location": "hk"}),
    (
        ["stock", "location", "add", "hk", "--country", "HK", "--customs", "HK"],
        "stock.location.add",
        {"code": "hk", "country": "HK", "customs": "HK"},
    ),
    (["stock", "location", "list"], "stock.location.list", {}),
    (["stock", "allot", "D", "A-1", "30%"], "stock.allot", {"partner": "D", "sku": "A-1", "amount": "30%"}),
    (["stock", "allotments"], "stock.allotments", {}),
    (["stock", "buffer", "A-1", "5"], "stock.buffer", {"sku": "A-1", "units": 5}),
    (
        ["capability", "offer", "D", "warehouse", "--country", "HK", "--rate", "pick=1.50"],
        "capability.offer",
        {
            **{"partner": "D", "kind": "warehouse", "countries": ["HK"]},
            **{"rates": {"pick": "1.50"}, "currency": "CNY"},
        },
    ),
    (
        ["want", "post", "Blue cups", "--quantity", "500", "--price", "8", "--to", "F"],
        "want.post",
        {
            **{"what": "Blue cups", "quantity": 500, "price": "8", "currency": "CNY"},
            **{"countries": [], "partners": ["F"]},
        },
    ),
    (
        ["offer", "post", "Cups"],
        "offer.post",
        {"what": "Cups", "currency": "CNY", "countries": [], "partners": []},
    ),
    (
        ["feedback", "give", "ab12cd34", "--rating", "overall=5", "--tag", "fast", "--text", "Good"],
        "feedback.give",
        {"order": "ab12cd34", "ratings": {"overall": 5}, "tags": ["fast"], "text": "Good"},
    ),
    (["feedback", "invite", "ab12cd34"], "feedback.invite", {"order": "ab12cd34"}),
    (
        ["catalogue", "push", "D", "spring", "A", "B", "--until", "2026-12-31"],
        "catalogue.push",
        {"partner": "D", "name": "spring", "skus": ["A", "B"], "language": "en", "until": "2026-12-31"},
    ),
    (["catalogue", "lists"], "catalogue.lists", {}),
    (
        ["catalogue", "confirm", "F", "A", "rejected", "--reason", "price"],
        "catalogue.confirm",
        {"partner": "F", "sku": "A", "status": "rejected", "reason": "price"},
    ),
    (
        ["content", "set", "A", "--channel", "live", "--title", "Look"],
        "content.set",
        {"sku": "A", "channel": "live", "language": "en", "title": "Look"},
    ),
    (["content", "show", "A"], "content.show", {"sku": "A"}),
    (["feedback", "list", "--partner", "D"], "feedback.list", {"partner": "D"}),
    (["want", "list"], "want.list", {}),
    (["offer", "list"], "offer.list", {}),
    (["offer", "withdraw", "ab12cd34"], "notice.withdraw", {"notice": "ab12cd34"}),
    (["quote", "request", "F", "A=500"], "quote.request", {"partner": "F", "lines": {"A": 500}}),
    (
        ["quote", "give", "ab12cd34", "1=8.20", "--hours", "24"],
        "quote.give",
        {"quote": "ab12cd34", "prices": {"1": "8.20"}, "hours": 24},
    ),
    (["quote", "accept", "ab12cd34"], "quote.accept", {"quote": "ab12cd34"}),
    (["quote", "close", "ab12cd34"], "quote.close", {"quote": "ab12cd34"}),
    (["quote", "list"], "quote.list", {}),
    (["capability", "list"], "capability.list", {}),
    (
        ["capability", "grant", "D", "shipment.handover", "ab" * 32, "--holder", "W", "--hours", "8"],
        "capability.grant",
        {
            **{"partner": "D", "transition": "shipment.handover", "key": "ab" * 32},
            **{"kind": "warehouse", "holder": "W", "hours": 8},
        },
    ),
    (["capability", "revoke", "ab12cd34"], "capability.revoke", {"capability": "ab12cd34", "reason": "revoked"}),
    (["stock", "release", "ab12cd34"], "stock.release", {"hold": "ab12cd34"}),
    (
        ["order", "place", "F", "A=2", "B=1", "--name", "张三", "--city", "景德镇", "--key", "k1"],
        "order.place",
        {
            "partner": "F",
            "lines": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}],
            "recipient": {"name": "张三", "city": "景德镇"},
            "key": "k1",
        },
    ),
    (["order", "place", "F", "A=1"], "order.place", {"partner": "F", "lines": [{"sku": "A", "quantity": 1}]}),
    (
        ["order", "list", "--selling", "--state", "placed", "--limit", "5"],
        "order.list",
        {"selling": True, "state": ["placed"], "limit": 5},
    ),
    (["order", "list", "--buying"], "order.list", {"selling": False, "limit": 100}),
    (
        ["order", "place", "F", "A=2", "--hold", "ab12cd34", "--hold", "cd34ef56"],
        "order.place",
        {"partner": "F", "lines": [{"sku": "A", "quantity": 2}], "holds": ["ab12cd34", "cd34ef56"]},
    ),
    (
        ["order", "plan", "ab", "--parcels", "2", "--within-hours", "8"],
        "order.plan",
        {"order": "ab", "parcels": 2, "within_hours": 8},
    ),
    (
        ["order", "pack", "ab", "--quantity", "1=2", "--weight", "900", "--size", "300x200x120"],
        "order.pack",
        {"order": "ab", "quantities": {"1": 2}, "weight_g": 900, "size_mm": [300, 200, 120]},
    ),
    (["order", "show", "ab12cd34"], "order.show", {"order": "ab12cd34"}),
    (["order", "accept", "--all"], "order.accept", {"all": True, "backorder": False}),
    (
        ["order", "accept", "ab12cd34", "--quantity", "1=4", "--backorder"],
        "order.accept",
        {"order": "ab12cd34", "quantities": {"1": 4}, "backorder": True},
    ),
    (["order", "accept", "ab", "cd"], "order.accept", {"orders": ["ab", "cd"], "backorder": False}),
    (["order", "reject", "ab", "--reason", "gone"], "order.reject", {"order": "ab", "reason": "gone"}),
    (
        ["order", "ship", "ab", "--carrier", "SF", "--waybill", "SF123"],
        "order.ship",
        {"order": "ab", "carrier": "SF", "waybill": "SF123"},
    ),
    (["disclose", "ab", "--to", "F"], "order.disclose", {"orders": ["ab"], "all": False, "partner": "F"}),
    (["disclose", "--all"], "order.disclose", {"orders": [], "all": True}),
    (["order", "cancel-answer", "ab", "--own-risk"], "order.cancel-answer", {"order": "ab", "own_risk": True}),
    (["order", "cancel", "ab", "cd"], "order.cancel", {"orders": ["ab", "cd"], "recall": False}),
    (
        ["order", "cancel", "ab", "--quantity", "2=1"],
        "order.cancel",
        {"order": "ab", "quantities": {"2": 1}, "recall": False},
    ),
    (["order", "cancel", "ab", "--recall"], "order.cancel", {"order": "ab", "recall": True}),
    (
        ["agreement", "propose", "D", "--basis", "delivery", "--withhold", "0.1", "--fee", "market=0.05+0.2"],
        "agreement.propose",
        {
            **{"partner": "D", "buying": False, "currency": "CNY"},
            **{"basis": "delivery", "withhold": "0.1", "fees": {"market": "0.05+0.2"}},
        },
    ),
    (["statement", "propose", "D", "2026-11"], "statement.propose", {"partner": "D", "period": "2026-11"}),
    (
        ["statement", "propose", "D", "2026-11", "--buying"],
        "statement.propose",
        {"partner": "D", "period": "2026-11", "buying": True},
    ),
    (["statement", "list"], "statement.list", {}),
    (["statement", "show", "ab12cd34"], "statement.show", {"statement": "ab12cd34"}),
    (["statement", "agree", "ab12cd34"], "statement.agree", {"statement": "ab12cd34"}),
    (
        ["statement", "contest", "ab12cd34", "N1", "N2", "--reason", "short", "--due", "2026-12-15"],
        "statement.contest",
        {"statement": "ab12cd34", "threads": ["N1", "N2"], "reason": "short", "due": "2026-12-15"},
    ),
    (
        ["statement", "reopen", "ab12cd34", "N1"],
        "statement.reopen",
        {"statement": "ab12cd34", "threads": ["N1"]},
    ),
    (
        ["payment", "sent", "F", "12.50", "--reference", "R1"],
        "payment.sent",
        {"partner": "F", "amount": "12.50", "reference": "R1"},
    ),
    (
        ["payment", "received", "D", "12.50", "--payment", "ab12cd34"],
        "payment.received",
        {"partner": "D", "amount": "12.50", "payment": "ab12cd34", "unannounced": False},
    ),
    (["payment", "list", "--partner", "D"], "payment.list", {"partner": "D"}),
    (
        ["payment", "promise", "F", "12.50", "--due", "2026-12-01"],
        "payment.promise",
        {"partner": "F", "amount": "12.50", "due": "2026-12-01"},
    ),
    (["payment", "dispute", "ab12cd34"], "payment.dispute", {"payment": "ab12cd34"}),
    (["balance", "--partner", "D"], "balance", {"partner": "D"}),
    (["obligation", "list"], "obligation.list", {}),
    (["credit", "list", "--partner", "D"], "credit.list", {"partner": "D"}),
    (["share", "list"], "share.list", {}),
    (["share", "report"], "share.report", {}),
    (["consumer", "erase", "T-1", "--yes"], "consumer.erase", {"order": "T-1"}),
    (["consumer", "erase", "--phone", "138", "--yes"], "consumer.erase", {"phone": "138"}),
    (["agreement", "end", "F", "ab12cd34"], "agreement.end", {"partner": "F", "agreement": "ab12cd34"}),
    (
        ["courier", "add", "SF", "--country", "CN", "--weight-max", "900", "--from", "main"],
        "courier.add",
        {"carrier": "SF", "countries": ["CN"], "regions": [], "weight_g_max": 900, "location": "main"},
    ),
    (["channel", "set", "Main shop", "live"], "channel.set", {"shop": "Main shop", "channel": "live"}),
    (["channel", "list"], "channel.list", {}),
    (["courier", "list"], "courier.list", {}),
    (["courier", "remove", "2"], "courier.remove", {"rule": 2}),
    (["courier", "choose", "ab", "--quantity", "1=2"], "courier.choose", {"order": "ab", "quantities": {"1": 2}}),
    (["netting", "propose", "D", "--amount", "5"], "netting.propose", {"partner": "D", "amount": "5"}),
    (["netting", "consent", "ab12cd34"], "netting.consent", {"netting": "ab12cd34"}),
    (["netting", "decline", "ab12cd34"], "netting.decline", {"netting": "ab12cd34"}),
    (["netting", "list"], "netting.list", {}),
    (["netting", "begin", "--currency", "CNY"], "netting.begin", {"currency": "CNY"}),
    (["netting", "join"], "netting.join", {"join": True}),
    (["netting", "join", "--leave"], "netting.join", {"join": False}),
    (["netting", "release", "ab12cd34"], "netting.release", {"round": "ab12cd34"}),
]

QUARRELS: list[tuple[list[str], str, dict[str, Any]]] = [
    (
        ["issue", "open", "N1", "--category", "late", "--claim", "5", "--quantity", "1=2", "--message", "broken"],
        "issue.open",
        {"order": "N1", "category": "late", "claim": "5", "lines": {"1": 2}, "message": "broken"},
    ),
    (["issue", "open", "--partner", "D"], "issue.open", {"partner": "D", "category": "other"}),
    (["issue", "reply", "ab", "--status", "resolved"], "issue.reply", {"issue": "ab", "status": "resolved"}),
    (["issue", "list", "--live"], "issue.list", {"live": True}),
    (["issue", "show", "ab"], "issue.show", {"issue": "ab"}),
    (["issue", "offer", "ab", "5.00", "--to-me"], "issue.offer", {"issue": "ab", "amount": "5.00", "to_me": True}),
    (["issue", "accept", "ab", "--decline"], "issue.accept", {"issue": "ab", "decline": True}),
    (["issue", "close", "ab"], "issue.close", {"issue": "ab", "unsatisfied": False}),
    (["issue", "escalate", "ab"], "issue.escalate", {"issue": "ab"}),
    (
        ["return", "request", "N1", "--reason", "damaged", "--quantity", "1=2", "--message", "broken"],
        "return.request",
        {"order": "N1", "reason": "damaged", "remedy": "refund", "quantities": {"1": 2}, "message": "broken"},
    ),
    (["return", "list", "--live"], "return.list", {"live": True}),
    (["return", "show", "ab"], "return.show", {"name": "ab"}),
    (
        ["return", "approve", "ab", "--freight", "8", "--fault", "seller", "--location", "main"],
        "return.approve",
        {"name": "ab", "freight": "8", "paid_by": "buyer", "fault": "seller", "location": "main"},
    ),
    (["return", "reject", "ab", "--reason", "worn"], "return.reject", {"name": "ab", "reason": "worn"}),
    (["return", "refund", "ab", "--issue", "cd"], "return.refund", {"name": "ab", "issue": "cd"}),
    (["return", "offer", "ab", "5.00"], "return.offer", {"name": "ab", "amount": "5.00"}),
    (["return", "accept", "ab"], "return.accept", {"name": "ab"}),
    (["return", "decline", "ab"], "return.decline", {"name": "ab"}),
    (["return", "withdraw", "ab", "--quantity", "1=1"], "return.withdraw", {"name": "ab", "quantities": {"1": 1}}),
    (
        ["return", "ship", "ab", "--carrier", "SF", "--waybill", "SF9"],
        "return.ship",
        {"name": "ab", "carrier": "SF", "waybill": "SF9"},
    ),
    (["return", "receive", "ab"], "return.receive", {"name": "ab"}),
    (
        ["return", "inspect", "ab", "--damaged", "1=1", "--wrong", "2=1"],
        "return.inspect",
        {"name": "ab", "damaged": {"1": 1}, "wrong_item": {"2": 1}},
    ),
    (["return", "exchange", "ab", "--sku", "CUP"], "return.exchange", {"name": "ab", "sku": "CUP"}),
    (["dispute", "open", "ab", "--claim", "5"], "dispute.open", {"issue": "ab", "claim": "5"}),
    (["dispute", "evidence", "ab", "--document", "cd"], "dispute.evidence", {"issue": "ab", "documents": ["cd"]}),
    (["dispute", "comply", "ab"], "dispute.comply", {"issue": "ab"}),
    (["dispute", "default", "ab"], "dispute.default", {"issue": "ab"}),
    (["dispute", "list"], "dispute.list", {}),
    (["void", "payment", "ab"], "void", {"payment": "ab", "reason": "incorrect_data"}),
    (["void", "accept", "ab", "--decline"], "void.accept", {"payment": "ab", "decline": True}),
    (["dispute", "key"], "dispute.key", {}),
    (
        ["agreement", "propose", "D", "--arbiter", "A:1", "--resolve-hours", "48", "--self-billing"],
        "agreement.propose",
        {
            **{"partner": "D", "buying": False, "currency": "CNY"},
            **{"arbiters": ["A:1"], "resolve_hours": 48, "self_billing": True},
        },
    ),
    (
        ["invoice", "issue", "ab", "--national", "CN-QDFP=26", "--due", "2026-12-31"],
        "invoice.issue",
        {"statement": "ab", "national": ["CN-QDFP", "26"], "due": "2026-12-31"},
    ),
    (["invoice", "issue", "--order", "N1"], "invoice.issue", {"order": "N1"}),
    (["invoice", "credit", "I1", "--quantity", "2=1"], "invoice.credit", {"invoice": "I1", "lines": {"2": 1}}),
    (
        ["invoice", "respond", "I1", "RE", "--reason", "QTY", "--action", "CNP", "--line", "2"],
        "invoice.respond",
        {"invoice": "I1", "status": "RE", "partial": False, "reason": "QTY", "action": "CNP", "lines": [2]},
    ),
    (["invoice", "list"], "invoice.list", {}),
    (["invoice", "show", "I1"], "invoice.show", {"invoice": "I1"}),
]
QUESTIONS += QUARRELS

PEOPLE: list[tuple[list[str], str, dict[str, Any]]] = [
    (["backup", "/b.tar.gz"], "backup.write", {"file": "/b.tar.gz"}),
    (["operator", "list"], "operator.list", {}),
    (["operator", "code"], "operator.code", {}),
    (["operator", "role", "Wei", "sales"], "operator.change", {"operator": "Wei", "role": "sales"}),
    (["operator", "disable", "Wei"], "operator.change", {"operator": "Wei", "disabled": True}),
    (["operator", "enable", "Wei"], "operator.change", {"operator": "Wei", "disabled": False}),
    (["operator", "second-factor-off", "Wei"], "operator.second-factor.off", {"operator": "Wei"}),
    (["operator", "remove", "Wei"], "operator.remove", {"operator": "Wei"}),
    (["session", "list"], "session.list", {}),
    (["session", "revoke", "7"], "session.revoke", {"session": 7}),
    (["key", "make", "shop", "--role", "sales"], "key.make", {"label": "shop", "role": "sales"}),
    (["key", "list"], "key.list", {}),
    (["key", "revoke", "3"], "key.revoke", {"number": 3}),
]
QUESTIONS += PEOPLE

DAYS: dict[str, Any] = {"by": "day", "buying": False}
LATELY: list[tuple[list[str], str, dict[str, Any]]] = [
    (["today"], "today", {"limit": 5}),
    (["search", "茶", "壶"], "search", {"text": "茶 壶", "limit": 20}),
    (["partner", "show", "P"], "partner.show", {"partner": "P"}),
    (["partner", "compared", "P"], "partner.compare", {"partner": "P"}),
    (["invitation", "list"], "invite.list", {}),
    (["invitation", "withdraw", "ab"], "invite.withdraw", {"invitation": "ab"}),
    (["agreement", "decline", "P", "ab"], "agreement.decline", {"partner": "P", "agreement": "ab"}),
    (["payment", "show", "ab"], "payment.show", {"payment": "ab"}),
    (
        ["statement", "lines", "ab", "--only", "differing"],
        "statement.lines",
        {"statement": "ab", "only": "differing", "offset": 0, "limit": 500},
    ),
    (["order", "recalled", "ab"], "order.recalled", {"order": "ab"}),
    (["errand", "list", "--dismissed"], "errand.list", {"dismissed": True}),
    (["errand", "do", "7"], "errand.do", {"errand": 7}),
    (["errand", "dismiss", "7"], "errand.dismiss", {"errand": 7}),
    (["aftersales", "--place", "mine"], "aftersales.list", {"place": "mine"}),
    (["report", "sales", "--since", "2026-11-01"], "report.sales", {"since": "2026-11-01", **DAYS}),
    (["report", "returns"], "report.returns", {"limit": 50, "buying": False}),
    (["report", "cancels"], "report.cancels", DAYS),
    (["report", "shipping"], "report.shipping", DAYS),
    (["report", "balances"], "report.balances", {}),
]
QUESTIONS += LATELY


@pytest.mark.parametrize(("typed", "case", "wanted"), QUESTIONS, ids=[" ".join(row[0]) for row in QUESTIONS])
def test_what_is_typed_becomes_a_question(tmp_path: Path, typed: list[str], case: str, wanted: dict[str, Any]) -> None:
    reply = {"said": case, "uri": "hanse:1?i=a", "expires_s": 1, "money": MONEY}
    with controls.Control(tmp_path, {case: reply}) as control:
        as_json = programs.run(*typed, "--json", "--home", str(tmp_path))
        as_text = programs.run("--home", str(tmp_path), *typed)
    assert control.asked == [(case, wanted), (case, wanted)]
    assert (as_json.exit_code, as_text.exit_code) == (0, 0), as_json.output + as_text.output
    assert programs.answer(as_json) == reply
    assert as_json.stderr == as_text.stderr == ""


FILED = (
    *("capability.task", "capability.enter", "return.proof", "return.file", "issue.file"),
    *("dispute.export", "dispute.read", "dispute.award", "dispute.decide"),
)
"""Questions whose command also reads or writes a file, tested in test_capabilities, test_disputes and test_returns."""


TYPED = ("operator.add", "operator.password")
"""Questions with a password, which is typed or read from a file, tested in test_operators."""


IMPORTED = ("catalogue.import", "order.import", "stock.import", "sheet.preview", "picture.add")
"""Questions with a whole file in them, tested below."""


PAGED = ("picture.show", "sheet.write", "order.waybills")
"""Questions that pages put, for a picture, a table, or a look at what is about to be done; nobody types them."""


def test_the_states_of_an_order_are_those_of_its_table() -> None:
    assert list(deals.STATES) == [str(state) for state in orders.OrderState]


def test_every_use_case_has_a_command() -> None:
    """But those of an operator's own account: whoever sits at the machine has none."""
    known = {name for register in runtime.REGISTERS for name in register.cases if not name.startswith("account.")}
    beside = {*IMPORTED, *PAGED, "audit.export", "audit.document", "audit.verify", *FILED, *TYPED}
    assert {case for _, case, _ in QUESTIONS} | beside == known


@pytest.mark.parametrize(("typed", "case", "wanted"), QUESTIONS, ids=[" ".join(row[0]) for row in QUESTIONS])
def test_the_node_takes_every_question_as_it_is_put(typed: list[str], case: str, wanted: dict[str, Any]) -> None:
    arguments = next(register.cases[case].arguments for register in runtime.REGISTERS if case in register.cases)
    assert arguments.model_validate(wanted)


@pytest.mark.parametrize(
    ("command", "case"),
    [("catalogue", "catalogue.import"), ("order", "order.import"), ("stock", "stock.import")],
)
def test_a_file_travels_as_its_name_and_bytes(tmp_path: Path, command: str, case: str) -> None:
    sheet = tmp_path / "单据.csv"
    sheet.write_bytes(b"\xff\x00sku")
    with controls.Control(tmp_path, {case: {"rows": 1}}) as control:
        done = programs.run("--home", str(tmp_path), command, "import", str(sheet), "--decimal-comma", "--dry-run")
    assert done.exit_code == 0, done.output
    sent = control.asked[0][1]
    arguments = next(register.cases[case].arguments for register in runtime.REGISTERS if case in register.cases)
    assert arguments.model_validate(sent)
    assert (sent["name"], bytes.fromhex(sent["data_hex"])) == ("单据.csv", b"\xff\x00sku")
    assert (sent["decimal_comma"], sent["dry_run"]) == (True, True)


@pytest.mark.parametrize(("command", "case"), [("catalogue", "catalogue.import"), ("order", "order.import")])
def test_what_is_said_of_a_file_travels_with_it(tmp_path: Path, command: str, case: str) -> None:
    sheet = tmp_path / "goods.csv"
    sheet.write_text("a")
    said = ["--sheet", "商品", "--encoding", "big5", "--separator", "tab", "--map", "单位=价=price", "--map", "备注="]
    with controls.Control(tmp_path, {case: {}}) as control:
        done = programs.run("--home", str(tmp_path), command, "import", str(sheet), *said)
        wrong = programs.run("--home", str(tmp_path), command, "import", str(sheet), "--map", "price")
    assert (done.exit_code, wrong.exit_code) == (0, 2)
    sent = control.asked[0][1]
    assert runtime_arguments(case).model_validate(sent)
    assert (sent["sheet"], sent["encoding"], sent["separator"]) == ("商品", "big5", "\t")
    assert sent["mapping"] == {"单位=价": "price", "备注": ""}


def runtime_arguments(case: str) -> Any:
    return next(register.cases[case].arguments for register in runtime.REGISTERS if case in register.cases)


def test_an_export_goes_to_an_absolute_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with controls.Control(tmp_path, {"audit.export": {"channels": 1}}) as control:
        assert programs.run("--home", str(tmp_path), "audit", "export", "books").exit_code == 0
    assert control.asked == [("audit.export", {"directory": str(tmp_path / "books")})]


def test_a_proof_goes_to_an_absolute_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with controls.Control(tmp_path, {"audit.document": {"document": "ab" * 32}}) as control:
        assert programs.run("--home", str(tmp_path), "audit", "document", "abababab", "proof").exit_code == 0
    assert control.asked == [("audit.document", {"document": "abababab", "directory": str(tmp_path / "proof")})]


def test_a_month_is_written_in_one_way(tmp_path: Path) -> None:
    for period in ("11/2026", "2026-13", "2026-1", "November", ""):
        done = programs.run("--home", str(tmp_path), "--json", "statement", "propose", "F", period)
        assert done.exit_code == errors.Exit.USAGE
        assert "2026-11" in programs.answer(done)["error"]["message"]


def test_C13_a_script_says_what_it_had_seen_wherever_it_likes(tmp_path: Path) -> None:
    home, order = ["--home", str(tmp_path)], ["order", "accept", "0" * 16]
    with controls.Control(tmp_path, {"order.accept": {"accepted": 1, "refused": []}}) as control:
        for typed in (["--seen", "7", *order], [*order, "--seen", "7"], order):
            assert programs.run(*home, *typed).exit_code == 0
        assert [given.get("_seen") for _, given in control.asked] == [7, 7, None]
        assert programs.run(*home, *order, "--seen", "yesterday").exit_code == errors.Exit.USAGE


def test_nobody_listens_in_a_folder_without_a_node(tmp_path: Path) -> None:
    for made, hint in ((False, "hanse init"), (True, "hanse run")):
        if made:
            (tmp_path / "keys").touch()
        error = programs.answer(programs.run("--home", str(tmp_path), "--json", "status"))["error"]
        assert (error["code"], error["exit"]) == ("node.not-running", errors.Exit.UNREACHABLE)
        assert hint in error["hint"]


def test_waybills_come_from_a_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "waybills.csv"
    sheet.write_text("订单号,快递公司,快递单号\nN1,SF,SF12345\nN2,YT,YT99999\nN3,,\n", encoding="utf-8")
    with controls.Control(tmp_path, {"order.ship": {"shipped": 2, "refused": []}}) as control:
        done = programs.run("--home", str(tmp_path), "order", "ship", "--file", str(sheet))
    assert done.exit_code == 0, done.output
    rows = [
        {"order": "N1", "carrier": "SF", "waybill": "SF12345"},
        {"order": "N2", "carrier": "YT", "waybill": "YT99999"},
    ]
    assert control.asked == [("order.ship", {"rows": rows})]


def test_an_invitation_may_come_through_a_pipe(tmp_path: Path) -> None:
    with controls.Control(tmp_path, {"join": {"partner": "F", "words": []}}) as control:
        assert programs.run("--home", str(tmp_path), "join", "-", typed="hanse:1?i=b\n").exit_code == 0
    assert control.asked == [("join", {"uri": "hanse:1?i=b"})]


def test_an_invitation_can_be_a_picture(tmp_path: Path) -> None:
    with controls.Control(tmp_path, {"invite": {"uri": "hanse:1?i=b", "expires_s": 1}}):
        text = programs.run("--home", str(tmp_path), "invite", "--qr").stdout
        assert "hanse:1?i=b" in text and "█" in text
        assert (
            programs.answer(programs.run("--home", str(tmp_path), "invite", "--qr", "--json"))["uri"] == "hanse:1?i=b"
        )


def test_home_is_what_was_typed_last_then_the_environment(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    asked = []
    for home, typed in (
        (one, ["status"]),
        (two, ["--home", str(two), "status"]),
        (three, ["--home", str(two), "status", "--home", str(three)]),
    ):
        with controls.Control(home, {"status": {}}) as control:
            result = programs.run(*typed, environment={"HANSE_HOME": str(one)})
        asked.append((result.exit_code, len(control.asked)))
    assert asked == [(0, 1), (0, 1), (0, 1)]


def test_nothing_but_the_object_is_printed_for_programs(tmp_path: Path) -> None:
    def slow(arguments: dict[str, Any], report: Any) -> dict[str, Any]:
        report("orders", 1, 2)
        return {"title": "茶壶 \x1b[2J\u202e"}

    with controls.Control(tmp_path, {"catalogue.list": slow}):
        result = programs.run("--home", str(tmp_path), "--json", "catalogue", "list")
    assert result.stdout == '{"title": "茶壶 \\u001b[2J\\u202e"}\n'
    assert result.stderr == ""


def test_no_node_runs(tmp_path: Path) -> None:
    for typed in (["--json", "status"], ["status"]):
        result = programs.run("--home", str(tmp_path), *typed)
        assert result.exit_code == errors.Exit.UNREACHABLE
        assert "node.not-running" in result.output
        assert "Traceback" not in result.output


def test_a_refusal_shows_every_fault_and_keeps_its_status(tmp_path: Path) -> None:
    faults = [
        {"row": "3", "column": "C (数量)", "code": "sheet.number", "expected": "a whole number", "got": "two"},
        {"row": "9", "column": "B", "code": "sheet.missing", "expected": "a SKU", "got": ""},
    ]
    sheet = tmp_path / "orders.csv"
    sheet.write_bytes(b"x")
    refusal = errors.NodeError("document.refused", "orders.csv has 2 faults", hint="mend them", faults=faults)
    with controls.Control(tmp_path, {"order.import": refusal}):
        as_text = programs.run("--home", str(tmp_path), "order", "import", str(sheet))
        as_json = programs.run("--home", str(tmp_path), "order", "import", str(sheet), "--json")
    assert as_text.exit_code == as_json.exit_code == errors.Exit.REFUSED
    assert as_text.stdout == ""
    wanted = ["orders.csv has 2 faults", "[document.refused]", "mend them", "sheet.number", "two", "9", "a SKU"]
    assert [part for part in wanted if part not in as_text.stderr] == []
    told = programs.answer(as_json)["error"]
    assert (told["code"], told["faults"], told["exit"]) == ("document.refused", faults, 1)


def test_an_answer_with_refusals_is_printed_and_ends_with_1(tmp_path: Path) -> None:
    reply = {"accepted": 3, "refused": [{"order": "ab" * 32, "faults": [{"code": "order.nothing"}]}]}
    with controls.Control(tmp_path, {"order.accept": reply}):
        done = programs.run("--home", str(tmp_path), "order", "accept", "--all")
    assert done.exit_code == errors.Exit.REFUSED
    assert "order.nothing" in done.stdout and "accepted" in done.stdout


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["nonsense"],
        ["order"],
        ["order", "ship"],
        ["order", "ship", "ab"],
        ["order", "ship", "ab", "--file", "setup.cfg"],
        ["order", "accept"],
        ["order", "accept", "ab", "--all"],
        ["order", "accept", "ab", "--quantity", "one=1"],
        ["order", "place", "F", "A"],
        ["order", "place", "F", "A=0x1"],
        ["order", "place", "F", "A=1", "A=2"],
        ["stock", "set", "A=-1"],
        ["stock", "set", "=1"],
        ["catalogue", "import", "no-such-file.csv"],
        ["invite", "--hours", "0"],
        ["status", "--nonsense"],
    ],
)
def test_usage_is_refused_with_2_and_asks_nothing(tmp_path: Path, typed: list[str]) -> None:
    with controls.Control(tmp_path, {}) as control:
        result = programs.run("--home", str(tmp_path), *typed)
    assert result.exit_code == errors.Exit.USAGE
    assert control.asked == []
    assert "Traceback" not in result.output


def test_usage_is_explained_to_programs_too(tmp_path: Path) -> None:
    told = programs.answer(programs.run("--json", "--home", str(tmp_path), "order", "accept"))["error"]
    assert (told["code"], told["exit"]) == ("request.malformed", 2)


def test_a_bug_shows_where_its_traceback_lies_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").mkdir()

    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("a secret value")

    monkeypatch.setattr(terminals.Terminal, "ask", broken)
    result = programs.run("--home", str(tmp_path), "status", "--json")
    assert result.exit_code == errors.Exit.BUG
    assert "a secret value" not in result.output
    told = programs.answer(result)["error"]
    place = Path(told["hint"].removeprefix("see "))
    assert place.parent == tmp_path / "state"
    assert place.stat().st_mode & 0o777 == 0o600
    assert "ZeroDivisionError" in place.read_text()


def test_a_bug_without_a_home_goes_to_a_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    place = consoles.keep_traceback(tmp_path / "nowhere", ValueError("oops"))
    assert place.parent == tmp_path
    assert "oops" in place.read_text()


@pytest.mark.parametrize("ending", [KeyboardInterrupt, click.Abort])
def test_an_interrupt_ends_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
) -> None:
    def interrupted(*arguments: object) -> None:
        raise ending

    monkeypatch.setattr(terminals.Terminal, "ask", interrupted)
    assert programs.run("--home", str(tmp_path), "status").exit_code == errors.Exit.INTERRUPTED


def test_another_owner_of_our_packages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {"node": ["hanse"], "protocol": ["hanse", "protocol-of-others"]}
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: owners)
    result = programs.run("status", "--help")
    assert result.exit_code == errors.Exit.CONFIGURATION
    assert "protocol-of-others" in result.stderr


def test_a_command_starts_without_the_heavy_modules(tmp_path: Path) -> None:
    script = (
        "import sys, cli\n"
        "try: cli.main(sys.argv[1:])\n"
        "finally: print([name for name in ('aiohttp', 'pydantic', 'cryptography', 'sqlite3') if name in sys.modules])\n"
    )
    line = [sys.executable, "-c", script, "--home", str(tmp_path), "--json", "status"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    told, loaded = done.stdout.splitlines()
    assert json.loads(told)["error"]["code"] == "node.not-running"
    assert loaded in ("[]", "['sqlite3']")  # node.errors knows the errors of SQLite


def test_a_folder_that_is_no_export_is_refused_with_65(tmp_path: Path) -> None:
    done = programs.run("audit", "verify", str(tmp_path), "--json")
    assert done.exit_code == errors.Exit.UNREADABLE
    told = programs.answer(done)
    assert (told["ok"], told["proved"]) == (False, 0)
    assert told["faults"]
    assert programs.run("audit", "verify", str(tmp_path / "absent")).exit_code == errors.Exit.USAGE


@pytest.mark.parametrize(
    ("group", "case", "argument"), [("return", "return.file", "name"), ("issue", "issue.file", "issue")]
)
def test_a_photo_that_a_partner_sent_is_saved_where_nothing_stood(
    tmp_path: Path, group: str, case: str, argument: str
) -> None:
    photo = tmp_path / "crack.png"
    with controls.Control(tmp_path, {case: {"name": "crack.png", "data_hex": b"\x89PNG".hex()}}) as control:
        typed = ["--home", str(tmp_path), group, "photo", "ab12cd34", "ff" * 32, str(photo)]
        assert programs.run(*typed).exit_code == 0
        assert photo.read_bytes() == b"\x89PNG"
        assert programs.run(*typed).exit_code != 0, "nothing is overwritten"
    assert control.asked[0] == (case, {argument: "ab12cd34", "hash": "ff" * 32})
