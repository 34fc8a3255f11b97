from __future__ import annotations

import asyncio
import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from node import ports
from node.discovery import announcements
from node.discovery.announcements import SERVICE


class Partner:
    """A node that discovers, with what it found."""

    def __init__(self, own_tag: str = "ownownow") -> None:
        self.hints: list[ports.Hint] = []
        self.sightings = announcements.Sightings(own_tag, self.hints.append)

    def see(self, instance: str, *hosts: str, port: int | None = 7443) -> list[ports.Hint]:
        """What is new when this is seen."""
        before = len(self.hints)
        self.sightings.see(f"{instance}.{SERVICE}", hosts, port)
        return self.hints[before:]


def test_a_partner_is_found_once_and_again_where_it_moved() -> None:
    partner = Partner()
    assert partner.see("abcdefg2", "192.168.1.5") == [ports.Hint("192.168.1.5:7443", "abcdefg2")]
    assert partner.see("abcdefg2", "192.168.1.5") == []
    assert partner.see("ABCDEFG2", "fd00::1") == [ports.Hint("[fd00::1]:7443", "abcdefg2")]
    partner.sightings.forget(f"abcdefg2.{SERVICE}")
    assert len(partner.see("abcdefg2", "192.168.1.5")) == 1


def test_a_name_that_was_taken_still_counts() -> None:
    assert Partner().see("abcdefg2-3", "10.0.0.1") == [ports.Hint("10.0.0.1:7443", "abcdefg2")]


def test_a_node_does_not_find_itself() -> None:
    partner = Partner()
    assert partner.see("ownownow", "10.0.0.1") == partner.see("ownownow-2", "10.0.0.1") == []


@pytest.mark.parametrize(
    "instance",
    ["", "short", "abcdefg2x", "abcdefg2-", "abcdefg2-9999", "<script>", "abc.efg2", "abcdefg\u00e9", "abcdefg2\n"],
)
def test_W25_a_name_of_another_form_is_ignored(instance: str) -> None:
    partner = Partner()
    assert partner.see(instance, "10.0.0.1") == []
    assert len(partner.sightings) == 0


@given(st.text(max_size=80))
def test_W25_no_text_of_a_stranger_passes_as_a_name(text: str) -> None:
    tag = announcements.tag_of(text)
    assert tag is None or announcements.TAG.fullmatch(tag)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "::",
        "224.0.0.251",
        "ff02::fb",
        "255.255.255.255",
        "fe80::1",
        "fe80::1%eth0",
        "shop.example",
        "",
        "10.0.0.1:80",
    ],
)
def test_W25_an_address_that_is_nobodys_on_the_network_is_ignored(host: str) -> None:
    assert Partner().see("abcdefg2", host) == []


@pytest.mark.parametrize("port", [None, 0, -1, 65_536])
def test_W25_an_impossible_port_is_ignored(port: int | None) -> None:
    assert Partner().see("abcdefg2", "10.0.0.1", port=port) == []


def test_W25_the_names_are_capped_and_a_withdrawn_one_makes_room() -> None:
    partner = Partner()
    for number in range(100_000):
        partner.see(f"a{number:07d}", "10.0.0.1")
    assert len(partner.sightings) == len(partner.hints) == announcements.SIGHTINGS_MAX
    assert not partner.sightings.is_welcome(f"b0000000.{SERVICE}")
    partner.sightings.forget(f"a0000000.{SERVICE}")
    assert len(partner.see("b0000000", "10.0.0.1")) == 1


def test_W25_the_addresses_of_one_name_are_capped() -> None:
    partner = Partner()
    partner.see("abcdefg2", *(f"10.0.0.{number}" for number in range(1, 100)))
    assert len(partner.hints) == announcements.ADDRESSES_MAX


def test_this_machines_own_addresses_are_such_as_may_be_dialled() -> None:
    assert all(announcements.is_near(host, loopback=False) for host in announcements.own_hosts())


def test_two_nodes_find_each_other_on_a_network() -> None:
    """With the real library and real multicast on the loopback interface: its probes take a second or two."""

    async def scenario() -> set[ports.Hint]:
        found: asyncio.Queue[ports.Hint] = asyncio.Queue()
        nodes = [announcements.Announcements(["127.0.0.1"]) for _ in range(2)]
        try:
            for number, node in enumerate(nodes):
                await node.start(f"testnod{number}", 7001 + number, found.put_nowait)
            async with asyncio.timeout(30):
                return {await found.get(), await found.get()}
        finally:
            for node in nodes:
                await node.close()

    assert asyncio.run(scenario()) == {
        ports.Hint("127.0.0.1:7001", "testnod0"),
        ports.Hint("127.0.0.1:7002", "testnod1"),
    }


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library leaves its socket open
def test_a_machine_without_multicast_trades_without_discovery() -> None:
    async def scenario() -> None:
        node = announcements.Announcements(["192.0.2.1"])  # an address that no machine has (RFC 5737)
        await node.start("testnod2", 7001, lambda hint: None)
        await asyncio.sleep(0)
        await node.close()
        await node.close()

    with capture_logs() as logs:
        asyncio.run(scenario())
    assert [line["event"] for line in logs] == ["no discovery: this machine has no multicast"]
    gc.collect()


def test_an_adapter_that_is_closed_while_it_begins_leaves_nothing_behind() -> None:
    async def scenario() -> int:
        node: ports.Discovery = announcements.Announcements(["127.0.0.1"])
        await node.start("testnod3", 7001, lambda hint: None)
        await asyncio.sleep(0)
        await node.close()
        for _ in range(100):  # the library's own tasks need a turn or two to end
            await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert asyncio.run(scenario()) == 1
