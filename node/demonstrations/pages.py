"""What the pages of a console cost once a logbook is long: asked over HTTP in a signed-in session, as a browser does.

The seller has orders in every stage, a statement over all that left, and a long list of goods; the buyer sees those
goods in its selection. Nothing is prepared for a page: what is measured is what a merchant would wait for.
"""

from __future__ import annotations

import gzip
import http.client
import http.cookies
import re
import statistics
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from node.demonstrations import merchants, openings, stages
from node.demonstrations.merchants import Merchant
from node.demonstrations.stages import Json

OPERATOR: Final = "Lin"
PASSWORD: Final = "a kettle of oolong"
OK: Final = 200
ROUNDS: Final = 20
WARM_UP: Final = 2
DEEP: Final = 40
"""So many pages into the list of orders is one of them looked at."""
SHIPPED_SHARE: Final = 0.8
SHIPPED_MAX: Final = 10_000
"""So many orders leave; each is a line of the statement."""
AGREED_SHARE: Final = 1.1
"""Of those that leave, so many are accepted."""
POLL_SECONDS: Final = 0.05
THINGS: Final = ("茶杯", "茶壶", "花瓶", "围巾", "相框", "香薰", "托盘", "雨伞", "手账本", "杯垫")
LOOKS: Final = ("青花", "素白", "描金", "墨绿", "浅灰", "复古", "手绘", "简约")
SOUGHT: Final = "青花"
PARTNER: Final = "Seller"


@dataclass(slots=True)
class Browser:
    """One browser at the console of a merchant, which keeps its cookies and its connection."""

    merchant: Merchant
    cookies: http.cookies.SimpleCookie = field(default_factory=http.cookies.SimpleCookie)
    connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, posted: dict[str, str] | None = None) -> tuple[int, bytes, http.client.HTTPMessage]:
        """One page: status, body as it came, headers."""
        if self.connection is None:
            host, _, port = self.merchant.console.rpartition(":")
            self.connection = http.client.HTTPConnection(host, int(port), timeout=60)
        headers = {"Cookie": "; ".join(f"{one.key}={one.value}" for one in self.cookies.values())}
        headers |= {"Accept": "text/html", "Accept-Encoding": "gzip", "Accept-Language": "zh-CN"}
        body = None
        if posted is not None:
            body = urllib.parse.urlencode(posted)
            own = f"http://{self.merchant.console}"
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": own}
        self.connection.request("GET" if posted is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name == "Set-Cookie":
                self.cookies.load(value)
        return answer.status, content, answer.headers

    def page(self, path: str) -> str:
        """A page that must be there, as text. NodeError `demo.unmet`."""
        status, content, headers = self.ask(path)
        stages.require(f"{self.merchant.name} sees {path}", OK, status)
        zipped = headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(content) if zipped else content).decode()

    def reaches(self) -> bool:
        """Whether anybody is there."""
        try:
            self.ask("/sign-in")
        except OSError:
            self.close()
            return False
        return True

    def sign_in(self) -> None:
        """As the operator whom `prepare` made."""
        status, _, _ = self.ask("/sign-in", {"name": OPERATOR, "password": PASSWORD})
        stages.require(f"{OPERATOR} signs in at {self.merchant.name}", 303, status)

    def close(self) -> None:
        """End the connection; what was kept stays."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def prepare(seller: Merchant, buyer: Merchant, goods: int, report: merchants.Report) -> None:
    """Bring most orders on their way, write a statement over them, and list goods with Chinese and English names."""
    for merchant in (seller, buyer):
        merchant.ask("operator.add", name=OPERATOR, role="owner", password=PASSWORD)
    rows = stages.orders(seller, selling=True)
    shipped = min(round(len(rows) * SHIPPED_SHARE), SHIPPED_MAX)
    accepted = round(shipped * AGREED_SHARE)
    names = [row["order"] for row in reversed(rows)]
    seller.ask("order.accept", report, orders=names[:accepted])
    parcels = [{"order": name, **stages.waybill("SF", serial)} for serial, name in enumerate(names[:shipped], 1)]
    seller.ask("order.ship", report, rows=parcels)
    sheet = "sku,title_zh,title_en,supply price,retail price,stock,category\r\n" + "".join(map(good, range(goods)))
    openings.load(seller, "goods.csv", sheet.encode())
    seller.ask("catalogue.share", report, partner=buyer.name)
    stages.until("the buyer sees the goods", sees, buyer, seller, goods)
    stages.until("the buyer sees the parcels", stages.has, buyer, "buying", shipped, "shipped")
    seller.ask("statement.propose", report, partner=buyer.name, period=time.strftime("%Y-%m"))


def good(index: int) -> str:
    """One row of a catalogue."""
    title = f"{LOOKS[index % len(LOOKS)]}{THINGS[index // len(LOOKS) % len(THINGS)]} {index} 号"
    cost = 500 + index * 37 % 9_000
    retail = cost + 100 + index * 61 % 7_000
    figures = f"{cost / 100:.2f},{retail / 100:.2f},{index % 500}"
    return f"GOOD-{index:05},{title},Article {index},{figures},{THINGS[index % len(THINGS)]}\r\n"


def sees(merchant: Merchant, supplier: Merchant, count: int) -> bool:
    """Whether a merchant is offered so many goods at least."""
    return int(merchant.ask("selection.list", partner=supplier.name, limit=1)["total"]) >= count


def open_console(merchant: Merchant) -> Browser:
    """Start a node that does not run, with its console, and sign in."""
    merchant.console = f"127.0.0.1:{merchants.free_ports(1)[0]}"
    merchant.start()
    browser = Browser(merchant)
    browser.sign_in()
    return browser


def first_page(browser: Browser) -> Json:
    """What a merchant waits for after a start: seconds from the start of the program until the console answers at all,
    and until it shows orders, with what that took of the processor; and the longest that any page took meanwhile.
    The node is started again for it."""
    browser.close()
    browser.merchant.stop()
    began = time.monotonic()
    browser.merchant.launch()
    while not browser.reaches():
        time.sleep(POLL_SECONDS)
    answered, longest = time.monotonic() - began, 0.0
    status = 0
    while status != OK:
        asked = time.monotonic()
        status = browser.ask("/orders")[0]
        longest = max(longest, time.monotonic() - asked)
        time.sleep(POLL_SECONDS)
    shown, used_ms = time.monotonic() - began, browser.merchant.cpu_ms()
    browser.merchant.wait()
    return {
        "console_answers_seconds": round(answered, 2),
        "orders_shown_seconds": round(shown, 2),
        "processor_seconds": round(used_ms / 1000, 2),
        "longest_answer_seconds": round(longest, 2),
    }


def spent_ms(action: Callable[[], object]) -> float:
    """How long something takes, by the wall clock."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def measure(seller: Browser, buyer: Browser, report: merchants.Report) -> list[Json]:
    """One row for each page: milliseconds until it was there (at the least, half of the times, 19 of 20), of the node's
    processor (to 10 ms for all rounds together), and bytes on the wire."""
    wanted = [*of_seller(seller), *of_buyer()]
    rows = []
    for done, (whose, title, path) in enumerate(wanted, 1):
        browser = seller if whose == "seller" else buyer
        for _ in range(WARM_UP):
            browser.page(path)
        before = browser.merchant.cpu_ms()
        taken = sorted(spent_ms(lambda: browser.page(path)) for _ in range(ROUNDS))  # noqa: B023 - called at once
        cpu = (browser.merchant.cpu_ms() - before) / ROUNDS
        percentiles = statistics.quantiles(taken, n=20, method="inclusive")
        size = len(browser.ask(path)[1])
        rows.append(
            {
                "page": title,
                "least": round(taken[0], 1),
                "p50": round(statistics.median(taken), 1),
                "p95": round(percentiles[18], 1),
                "cpu": round(cpu, 1),
                "bytes": size,
            }
        )
        report("pages", done, len(wanted))
    return rows


def of_seller(browser: Browser) -> Iterator[tuple[str, str, str]]:
    """Whose page, what it is, and where."""
    ask = browser.merchant.ask
    deep = ask("order.list", limit=1)["orders"][0]["order"]
    for _ in range(DEEP):
        deep = ask("order.list", limit=50, after=deep)["next"] or deep
    some = ask("order.list", limit=1, after=deep)["orders"] or ask("order.list", limit=1)["orders"]
    order, number = some[0]["order"], some[0]["number"]
    statement = ask("statement.list")["statements"][0]["statement"]
    pages: Sequence[tuple[str, str]] = (
        ("today", "/today"),
        ("orders", "/orders"),
        ("orders, deep in", f"/orders?after={deep}"),
        ("orders to ship", "/orders?tab=ship"),
        ("orders that wait for me", "/orders?duty=accept"),
        ("orders found", f"/orders?text={urllib.parse.quote('张三')}"),
        ("orders found by an article", "/orders?text=BENCH-3"),
        ("one order", f"/orders/{order}"),
        ("goods", "/catalogue"),
        ("goods, deep in", "/catalogue?after=GOOD-05000"),
        ("goods found in Chinese", f"/catalogue?text={urllib.parse.quote(SOUGHT)}"),
        ("one article", "/catalogue/goods/GOOD-00000"),
        ("price lists of partners", "/catalogue/partners"),
        ("stock", "/catalogue/stock"),
        ("what a partner sees", "/selection/mine"),
        ("partners", "/partners"),
        ("statements", "/statements"),
        ("balances", "/statements/balances"),
        ("payments", "/statements/payments"),
        ("invoices", "/statements/invoices"),
        ("one statement", f"/statements/{statement}"),
        ("one statement, deep in", f"/statements/{statement}?offset=6000"),
        ("after-sales", "/aftersales"),
        ("reports", "/reports/sales"),
        ("network", "/network"),
        ("search for an order", f"/search?text={number[:6]}"),
        ("search in Chinese", f"/search?text={urllib.parse.quote(SOUGHT)}"),
        ("settings", "/settings/sessions"),
    )
    return (("seller", title, path) for title, path in pages)


def of_buyer() -> Iterator[tuple[str, str, str]]:
    """The same for what is on offer."""
    found = urllib.parse.quote(SOUGHT)
    pages = (
        ("selection, by name", "/selection"),
        ("selection, by margin", "/selection?sort=margin"),
        ("selection, in stock, margin of 30 %", "/selection?in_stock=1&margin=30&sort=margin_percent"),
        ("selection found in Chinese", f"/selection?text={found}"),
        ("one offer", f"/selection/offer?partner={PARTNER}&sku=GOOD-00000"),
        ("what may be ordered by hand", f"/orders/place?partner={PARTNER}"),
        ("today, as the buyer", "/today"),
        ("orders, as the buyer", "/orders"),
        ("statements, as the buyer", "/statements"),
    )
    return (("buyer", title, path) for title, path in pages)


ADDRESSED: Final = re.compile(r'(?:src|href)="(/static/[^"#]+)')


def first_visit(browser: Browser) -> Json:
    """What a browser that has kept nothing is sent for its first page, in bytes on the wire."""
    content = browser.page("/today")
    named = sorted(set(ADDRESSED.findall(content)))
    page, files = len(browser.ask("/today")[1]), [len(browser.ask(path)[1]) for path in named]
    return {"page": page, "files": sum(files), "requests": 1 + len(files)}
