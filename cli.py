"""`hanse`, the command line: it parses, asks, prints and sets the exit status. It decides nothing.

Most commands are one question to the running node over its local control socket (`node.terminal`). Here stand those
that start, found, examine or demonstrate a node. Modules that take long to load are imported where they are needed.
"""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while modules load ends the program without a traceback

import importlib.metadata
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import rich_click as click

from node import errors
from node.terminal import (
    amendments,
    backups,
    capabilities,
    chains,
    commands,
    consoles,
    consumers,
    couriers,
    deadlines,
    deals,
    feedbacks,
    goods,
    invoices,
    lookups,
    markets,
    operators,
    outlets,
    parcels,
    partnerships,
    payees,
    quarrels,
    selections,
    settlements,
    shares,
    takebacks,
    tallies,
    terminals,
    voids,
    windows,
)

DISTRIBUTION: Final = "hanse"
PACKAGES: Final = ("node", "protocol", "contracts", "cli")
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
FILE_NEW = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its status (docs/operating.md lists them). Nobody else exits."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    terminal = terminals.Terminal()
    try:
        guard()
        status = hanse.main(arguments, prog_name="hanse", standalone_mode=False, obj=terminal)
    except errors.NodeError as error:
        terminal.fail(error)
        status = error.exit
    except click.ClickException as error:
        terminal.fail_usage(error)
        status = errors.Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        terminal.interrupted()
        status = errors.Exit.INTERRUPTED
    except Exception as error:
        terminal.fail_bug(error)
        status = errors.Exit.BUG
    sys.exit(int(status or errors.Exit.DONE))


def guard() -> None:
    """Refuse an environment where another distribution owns packages of our names: it may have replaced them.

    NodeError `program.replaced`.
    """
    owners = importlib.metadata.packages_distributions()
    others = {owner for package in PACKAGES for owner in owners.get(package, ()) if owner != DISTRIBUTION}
    if others:
        raise errors.NodeError(
            "program.replaced",
            "another program has installed packages of the same names into this environment",
            expected=f"{DISTRIBUTION} alone",
            got=", ".join(sorted(others)),
            hint="install hanse with pipx, with `uv tool`, or into an environment of its own",
        )


@click.group(cls=commands.Root)
@click.version_option(package_name=DISTRIBUTION)
def hanse() -> None:
    """A network of merchants that nobody owns."""


@click.command(cls=commands.Command)
@click.argument("name")
@click.option(
    "--listen", default="127.0.0.1:7443", show_default=True, help="Where partners reach this node: host:port."
)
@click.option("--advertise", multiple=True, metavar="HOST:PORT", help="An address for invitations; repeatable.")
@click.option("--recovery-sheet", type=click.Path(path_type=Path), help="Write the recovery sheet to this new file.")
def init(name: str, listen: str, advertise: tuple[str, ...], recovery_sheet: Path | None) -> None:
    """Make a new node called NAME, with keys of its own."""
    from node.terminal import foundings, passphrases

    terminal = commands.current()
    plan = foundings.Plan(terminal.home, name, listen, advertise, recovery_sheet)
    terminal.answer("init", foundings.found(plan, passphrases.choose))


@click.command(cls=commands.Command)
def run() -> None:
    """Run the node in the foreground, until interrupted."""
    from node.terminal import journals, runs

    terminal = commands.current()
    journals.start(as_json=terminal.as_json)

    def asked(places: Sequence[str], code: str | None) -> None:
        terminal.answer("run.asked", {"console": list(places), "code": code})

    runs.run(terminal.home, runs.Callbacks(asked, lambda standing: terminal.answer("run", runs.told_of(standing))))


@click.command(cls=commands.Command)
@click.argument("file", type=FILE_NEW)
@commands.asks("backup.write")
def backup(file: Path) -> dict[str, str]:
    """Write a backup of the running node into the new FILE."""
    return {"file": str(file.absolute())}


@click.command(cls=commands.Command)
@click.argument("file", type=FILE)
def restore(file: Path) -> None:
    """Make a new home from the backup in FILE, which the passphrase of that node opens."""
    from node import keystore
    from node.system import backups as copies
    from node.terminal import passphrases

    terminal = commands.current()
    home = copies.restore(file, terminal.home, lambda sealed: keystore.unseal(sealed, passphrases.known()).root)
    terminal.answer("restore", {"home": str(home.path)})


@click.command(cls=commands.Command)
def doctor() -> int:
    """Look for trouble, whether the node runs or not. The exit status says how bad it is."""
    from node.terminal import examinations

    terminal = commands.current()
    report = examinations.examine(terminal.home)
    terminal.answer("doctor", report.content())
    return report.status


@click.group(cls=commands.Group)
def audit() -> None:
    """Evidence for an auditor: write it, and check it without a node."""


def place(target: Path) -> dict[str, str]:
    """Where an export goes: a file where the name says so, else a folder."""
    return {"archive" if target.suffix.lower() == ".zip" else "directory": str(target.absolute())}


@audit.command("export")
@click.argument("target", type=click.Path(path_type=Path), metavar="DIRECTORY")
@commands.asks("audit.export")
def audit_export(target: Path) -> dict[str, str]:
    """Write my books into the new folder DIRECTORY, or into one file where its name ends with .zip."""
    return place(target)


@audit.command("document")
@click.argument("document", metavar="HASH")
@click.argument("target", type=click.Path(path_type=Path), metavar="DIRECTORY")
@commands.asks("audit.document")
def audit_document(document: str, target: Path) -> dict[str, str]:
    """Write the proof of one document into the new folder DIRECTORY, or .zip file; it shows no other.

    HASH, or the start of it, is what `order show` lists.
    """
    return {"document": document, **place(target)}


@audit.command("verify")
@click.argument("directory", type=click.Path(path_type=Path, exists=True))
@click.option("--opened", "told", type=FILE, multiple=True, help="A file of `hanse disclose`; repeatable.")
def audit_verify(directory: Path, told: tuple[Path, ...]) -> int:
    """Check an exported DIRECTORY, or .zip file, offline: signatures, proofs, every transition, every amount.

    Of the proof of one document, who wrote it, who had it, and since when.
    """
    from node.terminal import audits

    terminal = commands.current()
    report = audits.verify(directory, told)
    terminal.answer(report.case, report.content())
    return report.status


@click.command(cls=commands.Command)
@click.option("--directory", type=FOLDER, help="Where the four homes go. [default: ./demo-<time>]")
@click.option("--orders", type=click.IntRange(20, 20_000), default=435, show_default=True, help="Consumer orders.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed makes other goods and orders.")
@click.option("--keep", is_flag=True, help="Leave the nodes and their consoles running, until Ctrl-C.")
@click.option("--discard", is_flag=True, help="Remove the homes afterwards.")
def demo(directory: Path | None, orders: int, seed: int, keep: bool, discard: bool) -> None:
    """Watch four merchants trade for a month, each with a real node of its own, in about a minute."""
    from node.demonstrations import stories

    terminal = commands.current()
    plan = stories.Plan(directory, orders, seed, not discard, keep)
    stories.tell(plan, terminal.narrator(), lambda facts: terminal.answer("demo", facts), consoles.until_interrupted)


@click.command(cls=commands.Command)
@click.option("--documents", type=click.IntRange(1), default=20_000, show_default=True, help="Orders to send.")
@click.option("--goods", type=click.IntRange(1), default=10_000, show_default=True, help="Articles to list.")
@click.option("--directory", type=FOLDER, help="Where the two homes go. [default: a temporary folder, removed]")
def bench(documents: int, goods: int, directory: Path | None) -> None:
    """Measure two real nodes that send each other orders over the real protocol, and the pages that show them."""
    from node.demonstrations import benchmarks

    terminal = commands.current()
    terminal.answer("bench", benchmarks.measure(documents, goods, directory, terminal.narrator()))


PANELS: Final = {
    "Every day": (lookups.today, lookups.search),
    "This node": (init, run, partnerships.status, doctor, backup, backups.backups, restore),
    "Partners": (
        partnerships.invite,
        partnerships.invitation,
        partnerships.join,
        partnerships.partners,
        partnerships.partner,
        partnerships.card,
    ),
    "Trade": (
        selections.catalogue,
        selections.content,
        windows.picture,
        windows.selection,
        outlets.channel,
        goods.agreement,
        goods.stock,
        goods.imports,
        parcels.order,
        couriers.courier,
        deadlines.deadline,
        chains.errand,
        capabilities.capability,
        feedbacks.feedback,
        consumers.consumer,
        markets.offer,
        markets.want,
        markets.quote,
    ),
    "Quarrels": (tallies.aftersales, takebacks.returning, quarrels.issue, quarrels.dispute),
    "Money": (
        settlements.statement,
        settlements.payment,
        payees.payee,
        settlements.balance,
        settlements.obligation,
        settlements.credit,
        settlements.netting,
        tallies.report,
        shares.share,
        invoices.invoice,
        voids.void,
    ),
    "People and programs": (operators.operator, operators.session, operators.key),
    "Evidence": (audit, chains.disclose),
    "Trials": (demo, bench),
}
"""Every command, as `hanse --help` shows them."""

deals.order.add_command(chains.cancel_answer)
for command in amendments.COMMANDS:
    deals.order.add_command(command)
for title, members in PANELS.items():
    hanse.add_panel(click.RichCommandPanel(title, commands=[str(member.name) for member in members]))
    for member in members:
        hanse.add_command(member)
