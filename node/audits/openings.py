"""Blinded references in an export: which were opened, whether the openings are true, and what then adds up.

A reference is opened in the logbook itself (`reference.disclose`) or in a file that its author handed out. It counts
as disclosed when the opening is true and the entry that it names is in the export, in whatever channel.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.orders import Order
from node.audits import faults, judgements
from protocol import references

FORMAT: Final = "hanse-openings/1"
FILE_BYTES_MAX: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opening:
    """What somebody says that a reference names. `where` is the file or channel in which it is said."""

    where: str
    document: bytes
    name: str
    hash: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """An order of a buyer, and the orders to suppliers that were opened as made for it.

    `order` is the hash of its first document. `ordered` are its units, `passed_on` those of the `children`: as many,
    or fewer where the dealer had some of its own, or some were withdrawn before.
    """

    order: str
    ordered: int
    children: int
    passed_on: int


def read(path: Path, findings: faults.Findings) -> list[Opening]:
    """The openings in a file; none, with a finding, where it is no such file."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        content = json.loads(data) if len(data) <= FILE_BYTES_MAX else None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError("another form")
        return [opening(path.name, row) for row in content["openings"]]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        findings.add("audit.malformed", path.name, "this is no file of openings", FORMAT, repr(error))
        return []


def opening(where: str, row: dict[str, Any]) -> Opening:
    """One row of a file."""
    document, hash, salt = (bytes.fromhex(row[key]) for key in ("document", "hash", "salt"))
    return Opening(where, document, str(row["name"]), hash, salt)


def resolve(
    judges: Sequence[judgements.Judge], told: Sequence[Opening], findings: faults.Findings
) -> tuple[ChainVerdict, ...]:
    """Tell each judge which of its references are disclosed, and add up the orders along the opened chains."""
    made = {key: judge for judge in judges for key in judge.references}
    served: dict[bytes, list[bytes]] = {}
    for said in (*told, *(said for judge in judges for said in disclosed(judge))):
        key = (said.document, said.name)
        judge = made.get(key)
        if judge is None:
            findings.add("audit.reference", said.where, "this opens a reference that is not there", "", said.document)
        elif not references.opens(judge.references[key].commitment, said.salt, said.hash):
            what = f"the reference {said.name} of the document {said.document.hex()} names something else"
            findings.add("audit.reference", said.where, what, judge.references[key].commitment, said.hash)
        elif any(said.hash in known for other in judges for known in other.history.channel.positions):
            judge.opened.add(key)
            if said.document in judge.history.orders and said.document not in served.setdefault(said.hash, []):
                served[said.hash].append(said.document)
    orders = {key: order for judge in judges for key, order in judge.history.orders.items()}
    sums = [
        ChainVerdict(
            parent.hex(), units(orders[parent]), len(children), sum(units(orders[child]) for child in children)
        )
        for parent, children in sorted(served.items())
        if parent in orders
    ]
    for chain in sums:
        if chain.passed_on > chain.ordered:
            what = f"more was passed on than was ordered in {chain.order}"
            findings.add("audit.reference", "", what, f"at most {chain.ordered}", chain.passed_on)
    return tuple(sums)


def disclosed(judge: judgements.Judge) -> Iterator[Opening]:
    """What the authors of a channel have opened in it."""
    for reference, said in judge.history.disclosed.items():
        yield Opening(judge.path, reference.document, reference.name, said.hash, said.salt)


def units(order: Order) -> int:
    """What was ordered, whatever became of it."""
    return sum(line.ordered for line in order.lines.values())
