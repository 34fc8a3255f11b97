"""Every invariant is silent about a sound history and names the broken one."""

from __future__ import annotations

import pytest

from tests.sim import conservations, invariants, observations, pictures, promises, trees

ALL = invariants.LOGBOOKS + promises.PROMISES + conservations.CONSERVATIONS
ANNAS, BELAS = pictures.origin_of("anna"), pictures.origin_of("bela")


def line(key: str = "o1/1", ordered: int = 5, shipped: int = 0, cancelled: int = 0) -> observations.Line:
    return observations.Line(key, ordered, shipped, cancelled)


def chained(key: str, hands_over: int) -> observations.Line:
    return observations.Line(key, 5, hands_over, 0, demand="shop-7/1", demanded=5, hands_over=hands_over)


def test_a_sound_history_breaks_nothing() -> None:
    gallery = pictures.Gallery(*ALL)
    for number in range(20):
        gallery.share("anna", b"a%d" % number, b"A%d" % number)
        gallery.share("bela", b"b%d" % number)
        gallery.anna.owed, gallery.bela.owed = {"EUR": number}, {"EUR": -number}
        gallery.anna.outbox = [b"z%d" % number]
        gallery.anna.done.append(f"parcel {number}")
        gallery.look()
        gallery.checker.acknowledged("anna", b"z%d" % number)
        gallery.anna.outbox = []
        gallery.share("anna", b"z%d" % number)
        for picture in (gallery.anna, gallery.bela):
            picture.order_lines.append(line(f"o{number}", shipped=3, cancelled=2))
    gallery.anna.stock = [observations.Shelf("sku", "shelf", 3, 3)]
    assert gallery.look() == []
    assert gallery.rest() == []
    assert gallery.found == []


def test_the_cost_of_a_look_does_not_grow_with_the_logbook() -> None:
    gallery = pictures.Gallery(*ALL)
    costs = []
    for number in range(300):
        before = gallery.anna.read_entries
        gallery.share("anna", b"a%d" % number)
        gallery.look()
        costs.append(gallery.anna.read_entries - before)
    assert max(costs) == costs[-1] == 2  # the new one, and the last one before it
    assert gallery.found == []


def test_append_only_sees_a_changed_entry() -> None:
    gallery = pictures.Gallery(invariants.AppendOnly)
    gallery.share("anna", b"a1", b"a2")
    gallery.anna.books[ANNAS][1] = b"a!"
    gallery.anna.append("anna", b"a3")
    assert gallery.look() == ["append_only"]


def test_append_only_sees_an_old_change_at_rest_and_a_shorter_logbook_at_once() -> None:
    gallery = pictures.Gallery(invariants.AppendOnly)
    gallery.share("anna", b"a1", b"a2", b"a3")
    gallery.bela.books[ANNAS][0] = b"a!"
    assert gallery.look() == []
    assert gallery.rest() == ["append_only"]
    gallery.anna.books[ANNAS].pop()
    assert gallery.look() == ["append_only"] * 2


def test_prefix_agreement_sees_two_truths() -> None:
    gallery = pictures.Gallery(invariants.PrefixAgreement)
    gallery.anna.append("anna", b"a1")
    gallery.bela.append("anna", b"a!")
    assert gallery.look() == ["prefix_agreement"]


def test_prefix_agreement_sees_an_entry_from_nowhere() -> None:
    gallery = pictures.Gallery(invariants.PrefixAgreement)
    gallery.bela.append("anna", b"a1")
    gallery.checker.committed("bela")
    assert gallery.look() == ["prefix_agreement"]


def test_a_restored_writer_may_be_behind_and_may_not_write_over_what_was_read() -> None:
    for again, expected in ((b"a2", []), (b"a!", ["prefix_agreement"])):
        gallery = pictures.Gallery(invariants.PrefixAgreement, invariants.AppendOnly)
        gallery.share("anna", b"a1")
        gallery.share("anna", b"a2")
        gallery.anna.books[ANNAS].pop()
        gallery.checker.restored("anna")
        assert gallery.look() == []
        gallery.anna.append("anna", again)
        assert gallery.look() == expected


def test_no_equivocation_sees_two_roots_at_one_node_and_at_two() -> None:
    gallery = pictures.Gallery(invariants.NoEquivocation)
    gallery.share("anna", b"a1")
    gallery.anna.signed[ANNAS].append((2, bytes(32)))
    gallery.bela.signed[ANNAS].append((2, b"\x01" * 32))
    assert gallery.look() == ["no_equivocation_by_honest"]
    gallery.anna.signed[ANNAS].append((1, bytes(32)))
    assert gallery.rest()[1:] == ["no_equivocation_by_honest"] * 2


def test_a_head_that_nobody_saw_may_be_signed_anew_after_a_restore_and_a_known_one_may_not() -> None:
    for known, expected in ((False, []), (True, ["no_equivocation_by_honest"])):
        gallery = pictures.Gallery(invariants.NoEquivocation)
        gallery.share("anna", b"a1")
        gallery.anna.append("anna", b"a2")
        gallery.bela.seen = gallery.anna.signed[ANNAS][-1] if known else None
        gallery.look()
        gallery.anna.books[ANNAS].pop()
        gallery.anna.signed[ANNAS].pop()
        gallery.checker.restored("anna")
        gallery.anna.append("anna", b"a!")
        assert gallery.look() == expected


def test_head_matches_entries_sees_a_wrong_root_and_a_head_over_nothing() -> None:
    gallery = pictures.Gallery(invariants.HeadMatchesEntries)
    gallery.share("anna", b"a1", b"a2")
    gallery.anna.books[ANNAS].append(b"a3")
    gallery.anna.signed[ANNAS].append((3, bytes(32)))
    assert gallery.look() == ["head_matches_entries"]
    gallery.anna.signed[ANNAS].append((9, bytes(32)))
    assert gallery.look() == ["head_matches_entries"] * 2


def test_acked_never_lost_sees_a_lost_receipt_and_a_lost_promise() -> None:
    gallery = pictures.Gallery(promises.AckedNeverLost)
    gallery.share("anna", b"a1", b"a2")
    gallery.anna.outbox = [b"a3"]
    gallery.checker.acknowledged("anna", b"a3")
    assert gallery.rest() == []
    gallery.bela.books[ANNAS].pop()
    assert gallery.look() == ["acked_never_lost"]
    gallery.bela.books[ANNAS].append(b"a2")
    gallery.anna.outbox = []
    assert gallery.rest()[1:] == ["acked_never_lost"]


def test_a_restored_node_must_have_everything_receipted_back_at_rest() -> None:
    gallery = pictures.Gallery(promises.AckedNeverLost)
    gallery.share("anna", b"a1", b"a2")
    gallery.anna.books[ANNAS].pop()
    gallery.checker.restored("anna")
    assert gallery.look() == []
    assert gallery.rest() == ["acked_never_lost"]


@pytest.mark.parametrize("stored", [False, True])
def test_ack_after_durable_sees_a_receipt_that_is_not_on_the_disk(stored: bool) -> None:
    gallery = pictures.Gallery(promises.AckAfterDurable)
    gallery.anna.append("anna", b"a1")
    if stored:
        gallery.bela.append("anna", b"a1")
    gallery.look()
    gallery.checker.receipt_sent("bela", ANNAS, 1)
    assert gallery.look() == ["ack_after_durable"]
    gallery.checker.acknowledged("anna", b"a2")
    assert gallery.look() == ["ack_after_durable"] * 2


def test_exactly_once_effect_sees_a_document_twice_and_an_effect_twice() -> None:
    gallery = pictures.Gallery(promises.ExactlyOnceEffect)
    gallery.share("anna", b"a1", b"a2")
    gallery.anna.append("anna", b"a1 again")
    assert gallery.look() == ["exactly_once_effect"]
    gallery.anna.done += ["parcel 1", "parcel 2"]
    assert gallery.look() == ["exactly_once_effect"]
    gallery.anna.done.append("parcel 1")
    assert gallery.look() == ["exactly_once_effect"] * 2


def test_no_double_fulfilment_sees_one_line_and_a_whole_chain() -> None:
    gallery = pictures.Gallery(conservations.NoDoubleFulfilment)
    gallery.anna.order_lines = [line(shipped=3, cancelled=2)]
    assert gallery.look() == []
    gallery.anna.order_lines.append(line(shipped=4, cancelled=2))
    assert gallery.look() == ["no_double_fulfilment"]
    gallery.anna.order_lines.append(chained("o2/1", 3))
    gallery.bela.order_lines.append(chained("o3/1", 2))
    assert gallery.look() == ["no_double_fulfilment"]
    gallery.bela.order_lines.append(chained("o3/1", 3))
    assert gallery.look() == ["no_double_fulfilment"] * 2


def test_cancel_or_ship_sees_both_and_two_stories() -> None:
    gallery = pictures.Gallery(conservations.CancelOrShip)
    gallery.anna.order_lines = [line(shipped=5)]
    gallery.bela.order_lines = [line(cancelled=5)]
    assert gallery.look() == []
    assert gallery.rest() == ["cancel_or_ship_never_both"]
    gallery.bela.order_lines.append(line(shipped=5, cancelled=5))
    assert gallery.look() == ["cancel_or_ship_never_both"] * 2


@pytest.mark.parametrize(("on_hand", "reserved"), [(-1, 0), (3, -1), (3, 4), (-2, -2)])
def test_stock_never_negative(on_hand: int, reserved: int) -> None:
    gallery = pictures.Gallery(conservations.StockNeverNegative)
    gallery.anna.stock = [observations.Shelf("sku", "shelf", on_hand, reserved)]
    assert gallery.look() == ["stock_never_negative"]


def test_balances_agree_only_at_equal_heads() -> None:
    gallery = pictures.Gallery(conservations.BalancesAgree)
    gallery.anna.owed, gallery.bela.owed = {"EUR": 500, "CNY": 0}, {"EUR": -500}
    gallery.share("anna", b"a1")
    gallery.anna.owed = {"EUR": 700}
    gallery.anna.append("anna", b"a2")
    assert gallery.look() == []  # bela has not read it yet
    gallery.bela.owed = {"EUR": -500, "CNY": -1}
    gallery.bela.append("anna", b"a2")
    assert gallery.look() == ["balances_agree_at_equal_heads"]


def test_the_second_tree_is_the_one_of_rfc_6962() -> None:
    """Roots of the well-known example leaves, published with Certificate Transparency's own tests."""
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    tree = trees.Tree()
    assert tree.root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for leaf in leaves:
        tree.append(trees.leaf_hash(bytes.fromhex(leaf)))
    assert tree.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
