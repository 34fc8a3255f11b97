"""`hanse bench`: two real nodes with real disks, and orders from one to the other over the real protocol.

The nodes are started with HANSE_BENCH=1, which opens the use cases of `node.trade.day.trials`; what those write are
ordinary orders of one line with a sealed address. Nothing is switched off: every batch is signed, stored with fsync on
both sides, receipted and folded.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from node import errors
from node.demonstrations import folds, merchants, openings, pages, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json, Narrator
from node.system import homes
from protocol import identities

SINGLES: Final = 200
WARM_UP: Final = 50
GOODS: Final = 10
PRICE: Final = "12.50"
ENVIRONMENT: Final = {"HANSE_BENCH": "1"}


def measure(documents: int, goods: int, directory: Path | None, narrator: Narrator) -> Json:
    """Measure `documents` orders, and pages that show them and `goods` articles; the figures.

    NodeError `demo.unmet`, `home.exists`.
    """
    if directory is not None and directory.exists() and any(directory.iterdir()):
        raise errors.NodeError("home.exists", f"{directory} is not empty", expected="a new folder", got="files")
    folder = directory or Path(tempfile.mkdtemp(prefix="hanse-bench-"))
    ports = merchants.free_ports(2)
    seller = Merchant("Seller", folder.absolute() / "seller", ports[0], dict(ENVIRONMENT))
    buyer = Merchant("Buyer", folder.absolute() / "buyer", ports[1], dict(ENVIRONMENT))
    both = (seller, buyer)
    try:
        with narrator.chapter("Two nodes become partners"):
            prepare(seller, buyer)
            before = stages.at_once(rested_bytes, both)
            stages.at_once(Merchant.start, both)
            stages.until("both nodes are connected again", lambda: all(map(is_partner, both)))
        with narrator.chapter(f"{SINGLES} orders, one after the other"):
            latency = singles(buyer)
        with narrator.chapter(f"{documents} orders at once"):
            figures = load(seller, buyer, documents, narrator)
        with narrator.chapter("Both nodes stop, and the reader starts again"):
            node = identities.from_text(seller.ask("status")["node"])
            after = stages.at_once(rested_bytes, both)
            figures["folds_per_second"] = folds.measure(homes.Home(seller.home).database, node)
            figures["restart_seconds"] = round(restart(seller), 3)
        written = documents + SINGLES + WARM_UP
        grown = [round((end - begin) / written, 1) for begin, end in zip(before, after, strict=True)]
        figures["disk_bytes_per_document"] = {"seller": grown[0], "buyer": grown[1]}
        with narrator.chapter("Parcels leave, a statement is written, goods are listed"):
            buyer.start()
            pages.prepare(seller, buyer, goods, narrator.report)
        with narrator.chapter("Pages of both consoles"):
            console = look(seller, buyer, narrator)
        return {"documents": documents, **figures, "latency_ms": latency, "goods": goods, **console}
    finally:
        merchants.stop_all((seller, buyer))
        if directory is None:
            shutil.rmtree(folder, ignore_errors=True)


def look(seller: Merchant, buyer: Merchant, narrator: Narrator) -> Json:
    """What pages cost with so much behind them, and the first one after a start."""
    stages.at_once(Merchant.stop, (seller, buyer))
    front, other = stages.at_once(pages.open_console, (seller, buyer))
    try:
        return {
            "after_start": pages.first_page(front),
            "first_visit_bytes": pages.first_visit(front),
            "pages": pages.measure(front, other, narrator.report),
        }
    finally:
        front.close()
        other.close()


def prepare(seller: Merchant, buyer: Merchant) -> None:
    """Peer two nodes, sign an agreement, list ten articles."""
    stages.at_once(Merchant.found, (seller, buyer))
    stages.at_once(Merchant.start, (seller, buyer))
    buyer.ask("join", uri=seller.ask("invite")["uri"])
    for one in (seller, buyer):
        stages.until("both nodes are partners", is_partner, one)
    openings.sign(seller, buyer)
    rows = "".join(f"BENCH-{index},Sample {index},{PRICE},9999999\r\n" for index in range(GOODS))
    sheet = f"sku,title_en,supply price,stock\r\n{rows}".encode()
    seller.ask("catalogue.import", name="bench.csv", data_hex=sheet.hex(), currency="CNY")
    seller.ask("catalogue.share", partner=buyer.name)
    openings.wait_for_goods(buyer, seller, GOODS)


def is_partner(merchant: Merchant) -> bool:
    """Whether its one partner is connected and the partnership stands."""
    return bool(merchant.ask("partners")["partners"]) and openings.all_active(merchant)


def singles(buyer: Merchant) -> Json:
    """Milliseconds from writing one order until its receipt is stored."""
    buyer.ask("bench.singles", partner="Seller", count=WARM_UP)
    taken = sorted(buyer.ask("bench.singles", partner="Seller", count=SINGLES)["latencies_ms"])
    percentiles = statistics.quantiles(taken, n=100, method="inclusive")
    return {"p50": round(percentiles[49], 2), "p99": round(percentiles[98], 2)}


def load(seller: Merchant, buyer: Merchant, documents: int, narrator: Narrator) -> Json:
    """Write all orders, wait for the last receipt, and then until both sides have folded everything."""
    both = (seller, buyer)
    cpu = total(both, Merchant.cpu_ms)
    wire = loopback_bytes()
    began = time.monotonic()
    answer = buyer.ask("bench.orders", narrator.report, partner=seller.name, count=documents)
    for one in both:
        stages.until("both sides have applied everything", applied, one)
    seconds = time.monotonic() - began
    stages.until("the sealed addresses have arrived", addressed, seller)
    wire_after = loopback_bytes()
    return {
        "documents_per_second": round(documents / answer["receipted_seconds"], 1),
        "applied_per_second": round(documents / seconds, 1),
        "cpu_ms_per_document": round((total(both, Merchant.cpu_ms) - cpu) / documents, 4),
        "rss_mib": {one.name.lower(): round(one.rss_mib(), 1) for one in both},
        "wire_bytes_per_document": None if wire is None else round((wire_after or 0) / documents - wire / documents, 1),
        "fsync": fsync_policy(buyer),
    }


def applied(merchant: Merchant) -> bool:
    """Whether everything written is receipted, and everything received is folded."""
    channels = merchant.ask("bench.progress")["channels"]
    return all(row["receipted"] == row["mine"] and row["applied"] == row["theirs"] for row in channels)


def addressed(merchant: Merchant) -> bool:
    """Whether no sealed address is on its way any more."""
    return not any(row["wanted"] for row in merchant.ask("bench.progress")["channels"])


def rested_bytes(merchant: Merchant) -> int:
    """What a node takes on the disk once it has stopped and its write-ahead log is copied back."""
    merchant.stop()
    return merchant.disk_bytes()


def restart(merchant: Merchant) -> float:
    """Seconds from starting a node until it has read all its documents again and shows an order."""
    began = time.monotonic()
    merchant.start()
    merchant.ask("order.list", limit=1)
    return time.monotonic() - began


def total(both: tuple[Merchant, Merchant], figure: Callable[[Merchant], float]) -> float:
    """The sum of a figure of both nodes."""
    return sum(figure(one) for one in both)


def loopback_bytes() -> int | None:
    """Bytes that left through the loopback of this machine since it started (proc(5)), None where it does not tell.

    Nodes, and nothing else of a benchmark, talk through it, TCP and IP headers included; the control socket is not a
    network socket. KNOWN: what other programs send over the loopback meanwhile is counted too.
    """
    try:
        lines = Path("/proc/net/dev").read_text().splitlines()
    except OSError:
        return None
    counters = next((line.split(":")[1].split() for line in lines if line.strip().startswith("lo:")), None)
    return None if counters is None else int(counters[8])


def fsync_policy(merchant: Merchant) -> str:
    """How a commit reaches the disk, as the node's own database reads it back."""
    sqlite = merchant.ask("status")["sqlite"]
    synchronous = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}.get(sqlite["synchronous"], "unknown")
    return f"SQLite {sqlite['version']}, journal {sqlite['journal_mode']}, synchronous {synchronous}: fsync per commit"
