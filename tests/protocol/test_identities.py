from __future__ import annotations

from typing import Any

import pytest

from protocol import checkpoints, encoding, identities, keys, leaves, limits, merkle
from protocol.encoding import Value
from protocol.errors import Code, LocalError
from tests import vectors
from tests.protocol.refusals import code_of
from tests.vectors import nodes

FILE = vectors.load("identities")
LEAVES = [bytes.fromhex(leaf) for leaf in FILE["logbook"]["leaves"]]
ICP = identities.replay(LEAVES[:1])
GROWN = identities.replay(LEAVES)
RECOVERED = [bytes.fromhex(leaf) for leaf in FILE["recovery"]["leaves"]]
OTHER = b"\x09" * 32


def test_the_leaves_have_these_bytes() -> None:
    assert nodes.grown().entries == tuple(LEAVES)
    assert identities.extend(GROWN, [nodes.recovery(GROWN, 3)]).entries == tuple(RECOVERED)


def test_an_identity_says_this() -> None:
    expected = FILE["logbook"]
    assert GROWN.node_id.hex() == expected["node_id"]
    assert identities.to_text(GROWN.node_id) == expected["node_text"]
    assert identities.origin(GROWN.node_id) == expected["origin"]
    assert GROWN.root.hex() == expected["root"]
    assert {role: key.hex() for role, key in GROWN.keys.items()} == expected["keys"]
    assert [key.hex() for key in GROWN.kem] == expected["kem"]
    assert list(GROWN.addresses) == expected["addresses"]
    assert [relay.hex() for relay in GROWN.relays] == expected["relays"]
    assert GROWN.size == 4


def test_the_node_id_is_that_of_the_inception_for_ever() -> None:
    assert identities.node_id(LEAVES[0]) == ICP.node_id == GROWN.node_id == identities.replay(RECOVERED).node_id


def test_replaying_in_parts_is_replaying_at_once() -> None:
    for cut in range(1, 5):
        assert identities.extend(identities.replay(LEAVES[:cut]), LEAVES[cut:]) == GROWN


def test_the_keys_follow_the_rotation() -> None:
    assert ICP.keys == identities.public_keys(identities.derive(nodes.ROOTS[0]))
    assert GROWN.keys == identities.public_keys(identities.derive(nodes.ROOTS[1]))
    retirement = GROWN.retired[0]
    assert (retirement.index, retirement.keys, retirement.upto) == (3, ICP.keys, nodes.UPTO)
    assert retirement.why == "scheduled"


def test_an_identity_head_is_a_checkpoint() -> None:
    origin = identities.origin(GROWN.node_id)
    head = checkpoints.Checkpoint(origin, GROWN.size, GROWN.root)
    note = checkpoints.sign_checkpoint(head, identities.derive(nodes.ROOTS[1]).log)
    assert checkpoints.open_checkpoint(note, origin, GROWN.keys["log"]) == head
    assert GROWN.root == merkle.root(merkle.append(merkle.EMPTY, [merkle.leaf_hash(leaf) for leaf in LEAVES]))


# --- what is refused ---


def resigned(leaf: bytes, signers: dict[str, bytes], **changes: Value) -> bytes:
    """The leaf with other fields, signed anew."""
    fields = leaves.parse(leaf)
    del fields["sg"]
    return leaves.sign({**fields, **changes}, signers)


def new_signers(root: bytes, **more: bytes) -> dict[str, bytes]:
    return {**leaves.signers(identities.derive(root)), **more}


def old_log() -> dict[str, bytes]:
    return {"log": identities.derive(nodes.ROOTS[0]).log}


def test_every_changed_byte_of_a_leaf_is_noticed() -> None:
    for index in range(4):
        for position in range(0, len(LEAVES[index]), 3):
            leaf = bytearray(LEAVES[index])
            leaf[position] ^= 1
            changed = [*LEAVES[:index], bytes(leaf), *LEAVES[index + 1 :]]
            assert code_of(lambda: identities.replay(changed)) is not None  # noqa: B023


@pytest.mark.parametrize("order", [[0, 2, 1], [0, 1, 1], [0, 1, 3], [0, 2], [1, 0], [0, 0], [], [1]])
def test_L11_leaves_out_of_order_or_repeated(order: list[int]) -> None:
    assert code_of(lambda: identities.replay([LEAVES[number] for number in order])) is not None


def test_L11_a_rotation_replayed() -> None:
    assert code_of(lambda: identities.extend(GROWN, [LEAVES[3]])) == Code.IDENTITY


def rotation(before: identities.Identity, **changes: Any) -> bytes:
    """A rotation of the identity after three leaves, by the next keys and the old `log` key, with changes."""
    signers = changes.pop("signers", None) or new_signers(nodes.ROOTS[1], old=old_log()["log"])
    return resigned(nodes.rotation(before), signers, **changes)


BEFORE = identities.replay(LEAVES[:3])


def test_L11_a_rotation_needs_the_old_key_and_every_new_one() -> None:
    assert code_of(lambda: identities.extend(BEFORE, [rotation(BEFORE)])) is None
    for label in ("old", "log", "mirror", "settle"):
        signers = new_signers(nodes.ROOTS[1], old=old_log()["log"])
        signers[label] = OTHER
        assert code_of(lambda: identities.extend(BEFORE, [rotation(BEFORE, signers=signers)])) == Code.SIGNATURE  # noqa: B023
        del signers[label]
        assert code_of(lambda: identities.extend(BEFORE, [rotation(BEFORE, signers=signers)])) == Code.IDENTITY  # noqa: B023


def test_L11_a_thief_of_the_old_key_cannot_rotate() -> None:
    """The new keys must be those whose hash was published before, and those stay offline."""
    stolen = identities.derive(OTHER)
    leaf = rotation(
        BEFORE,
        keys=leaves.key_map(identities.public_keys(stolen)),
        signers=new_signers(OTHER, old=old_log()["log"]),
    )
    assert code_of(lambda: identities.extend(BEFORE, [leaf])) == Code.IDENTITY
    with pytest.raises(LocalError):
        identities.rotation_leaf(
            BEFORE, old_root=nodes.ROOTS[0], root=OTHER, next_root=OTHER, upto=nodes.UPTO, why=identities.Why.SCHEDULED
        )


def test_L11_compromised_keys_do_not_sign_their_own_end() -> None:
    why = identities.Why.COMPROMISED
    leaf = identities.rotation_leaf(
        BEFORE, old_root=None, root=nodes.ROOTS[1], next_root=nodes.ROOTS[2], upto=nodes.UPTO, why=why
    )
    assert identities.extend(BEFORE, [leaf]).retired[0].why == why
    with pytest.raises(LocalError):
        nodes.rotation(BEFORE, why)
    with pytest.raises(LocalError):
        identities.rotation_leaf(
            BEFORE,
            old_root=None,
            root=nodes.ROOTS[1],
            next_root=nodes.ROOTS[2],
            upto=nodes.UPTO,
            why=identities.Why.SUSPECTED,
        )


def test_L11_keys_are_never_used_again() -> None:
    """A node that foretells its own keys cannot rotate to them."""
    icp = identities.inception(
        nodes.ROOTS[0], nodes.ROOTS[0], nodes.recovery_public(0), [nodes.kem_public(0)], nodes.NONCE
    )
    identity = identities.replay([icp])
    leaf = resigned(
        nodes.rotation(BEFORE),
        new_signers(nodes.ROOTS[0], old=old_log()["log"]),
        keys=leaves.key_map(identity.keys),
        prev=merkle.leaf_hash(icp),
    )
    assert code_of(lambda: identities.extend(identity, [leaf])) == Code.KEY


def test_the_old_log_key_signs_nothing_after_the_rotation() -> None:
    with pytest.raises(LocalError):
        identities.kem_leaf(GROWN, nodes.ROOTS[0], [nodes.kem_public(2)])
    leaf = identities.kem_leaf(GROWN, nodes.ROOTS[1], [nodes.kem_public(2)])
    assert identities.extend(GROWN, [leaf]).kem == (nodes.kem_public(2),)


WEAK = b"\x01" + bytes(31)


def icp_with(**changes: Value) -> bytes:
    return resigned(LEAVES[0], new_signers(nodes.ROOTS[0]), **changes)


def key_map_with(**changes: bytes) -> Value:
    return leaves.key_map({**ICP.keys, **changes})


@pytest.mark.parametrize(
    ("leaf", "code"),
    [
        pytest.param(icp_with(v=2), Code.UNSUPPORTED, id="another version"),
        pytest.param(icp_with(v=True), Code.UNSUPPORTED, id="a version that is true"),
        pytest.param(icp_with(t="id/icp/2"), Code.UNSUPPORTED, id="an unknown kind"),
        pytest.param(icp_with(x=1), Code.MALFORMED, id="an unknown field"),
        pytest.param(icp_with(n=bytes(15)), Code.MALFORMED, id="a short nonce"),
        pytest.param(icp_with(next=bytes(31)), Code.MALFORMED, id="a short commitment"),
        pytest.param(icp_with(keys=key_map_with(kem=bytes(32))), Code.MALFORMED, id="a role too many"),
        pytest.param(icp_with(keys={"log": ICP.keys["log"]}), Code.MALFORMED, id="a role missing"),
        pytest.param(icp_with(keys=key_map_with(relay=WEAK)), Code.KEY, id="a weak Ed25519 key"),
        pytest.param(icp_with(keys=key_map_with(hs=WEAK)), Code.KEY, id="a weak X25519 key"),
        pytest.param(icp_with(keys=key_map_with(relay=ICP.keys["log"])), Code.KEY, id="one key in two roles"),
        pytest.param(icp_with(kem=[WEAK]), Code.KEY, id="a weak key for personal data"),
        pytest.param(icp_with(kem=[nodes.kem_public(0)] * 2), Code.MALFORMED, id="a key twice"),
        pytest.param(icp_with(kem=[bytes([9 + n]) * 32 for n in range(17)]), Code.MALFORMED, id="too many keys"),
        pytest.param(icp_with(kem="k"), Code.MALFORMED, id="keys that are text"),
        pytest.param(icp_with(kem=["k" * 32]), Code.MALFORMED, id="a key that is text"),
        pytest.param(icp_with(pq={"log": b"short"}), Code.MALFORMED, id="a short post-quantum key"),
        pytest.param(icp_with(pq={"hs": bytes(1312)}), Code.MALFORMED, id="a post-quantum key of no such role"),
        pytest.param(icp_with(pq=1), Code.MALFORMED, id="post-quantum keys that are a number"),
        pytest.param(resigned(LEAVES[0], old_log()), Code.IDENTITY, id="signed by one key only"),
        pytest.param(b"\x80", Code.MALFORMED, id="an empty map"),
        pytest.param(b"\xc0", Code.MALFORMED, id="no map"),
    ],
)
def test_an_inception_that_is_none(leaf: bytes, code: Code) -> None:
    assert code_of(lambda: identities.replay([leaf])) == code


def test_post_quantum_keys_are_carried() -> None:
    assert code_of(lambda: identities.replay([icp_with(pq={"settle": bytes(1312)})])) is None


@pytest.mark.parametrize(
    "signatures", [1, [1], [["log"]], [["log", "text"]], [[1, bytes(64)]], [["log", bytes(64), 1]]]
)
def test_signatures_of_another_form(signatures: Value) -> None:
    fields = leaves.parse(LEAVES[1])
    leaf = encoding.encode({**fields, "sg": signatures})
    assert code_of(lambda: identities.extend(ICP, [leaf])) == Code.MALFORMED


@pytest.mark.parametrize(
    "address",
    ["", "host", "host:", ":1", "host:0", "host:65536", "host:01", "ho st:1", "host/x:1", "u@host:1", "-a:1", "a-:1",
     "[::1]", "[::1:1", "::1:443", "[g::1]:1", "a" * 254 + ":1", "host:1\n", "bücher.example:1"],
)  # fmt: skip
def test_an_address_that_is_none(address: str) -> None:
    assert code_of(lambda: leaves.check_address(address)) == Code.MALFORMED
    with pytest.raises(LocalError):
        identities.addr_leaf(ICP, nodes.ROOTS[0], [address])


@pytest.mark.parametrize("address", ["a:1", "192.0.2.1:443", "[::1]:65535", "[2001:db8::1]:8443", "x-1.example:80"])
def test_an_address_that_is_one(address: str) -> None:
    assert leaves.check_address(address) == address


def test_too_many_addresses_and_relays() -> None:
    with pytest.raises(LocalError):
        identities.addr_leaf(ICP, nodes.ROOTS[0], ["a:1"] * 9)
    with pytest.raises(LocalError):
        identities.addr_leaf(ICP, nodes.ROOTS[0], [], [identities.NodeId(bytes([n]) * 32) for n in range(9)])


# --- recovery ---


def test_a_recovery_replaces_what_a_thief_added() -> None:
    recovered = identities.replay(RECOVERED)
    assert recovered.size == 4
    assert recovered.keys == identities.public_keys(identities.derive(nodes.ROOTS[3]))
    assert (recovered.recovered, recovered.retired[-1].why) == (3, "recovery")
    assert identities.extend(GROWN, RECOVERED[3:]) == recovered


def test_a_recovery_by_another_key() -> None:
    with pytest.raises(LocalError):
        identities.recovery_leaf(
            GROWN,
            first=3,
            recovery_private=nodes.RECOVERIES[2],
            root=nodes.ROOTS[3],
            next_root=nodes.ROOTS[4],
            recovery_public=nodes.recovery_public(1),
            upto=nodes.UPTO,
        )
    recovery_signers = new_signers(nodes.ROOTS[3], rec=OTHER)
    assert code_of(lambda: identities.extend(GROWN, [resigned(RECOVERED[3], recovery_signers)])) == Code.SIGNATURE


def test_a_recovery_from_a_leaf_that_is_no_number() -> None:
    leaf = resigned(RECOVERED[3], new_signers(nodes.ROOTS[3], rec=nodes.RECOVERIES[0]), **{"from": True})
    assert code_of(lambda: identities.extend(GROWN, [leaf])) == Code.MALFORMED


@pytest.mark.parametrize("first", [0, -1, 5, 2**53 - 1])
def test_a_recovery_from_nowhere(first: int) -> None:
    signers = new_signers(nodes.ROOTS[3], rec=nodes.RECOVERIES[0])
    leaf = resigned(RECOVERED[3], signers, **{"from": first})
    assert code_of(lambda: identities.extend(GROWN, [leaf])) == Code.IDENTITY
    with pytest.raises(LocalError):
        nodes.recovery(GROWN, first)


def test_nothing_replaces_a_recovery_but_a_later_one_follows_it() -> None:
    recovered = identities.replay(RECOVERED)
    for first in (1, 2, 3):
        with pytest.raises(LocalError):
            nodes.recovery(recovered, first)
    later = identities.recovery_leaf(
        recovered,
        first=4,
        recovery_private=nodes.RECOVERIES[1],
        root=nodes.ROOTS[5],
        next_root=nodes.ROOTS[2],
        recovery_public=nodes.recovery_public(2),
        upto=nodes.UPTO,
    )
    assert identities.extend(recovered, [later]).recovered == 4


def test_a_recovery_in_the_middle_of_a_list_replaces_nothing() -> None:
    assert code_of(lambda: identities.extend(BEFORE, [LEAVES[3], RECOVERED[3]])) == Code.IDENTITY
    assert code_of(lambda: identities.replay([*LEAVES, RECOVERED[3]])) == Code.IDENTITY


def test_the_longer_of_two_logbooks_that_agree() -> None:
    for cut in range(1, 5):
        assert identities.reconcile(GROWN, LEAVES[:cut]) == GROWN
        assert identities.reconcile(identities.replay(LEAVES[:cut]), LEAVES) == GROWN


def test_where_two_logbooks_part_the_recovery_wins() -> None:
    recovered = identities.replay(RECOVERED)
    assert identities.reconcile(GROWN, RECOVERED) == recovered
    assert identities.reconcile(recovered, LEAVES) == recovered
    longer = identities.extend(GROWN, [identities.kem_leaf(GROWN, nodes.ROOTS[1], [])])
    assert identities.reconcile(longer, RECOVERED) == recovered


def test_two_histories_without_a_recovery_are_evidence() -> None:
    other = identities.extend(BEFORE, [identities.kem_leaf(BEFORE, nodes.ROOTS[0], [])])
    assert code_of(lambda: identities.reconcile(GROWN, other.entries)) == Code.IDENTITY_FORK


def test_two_recoveries_are_evidence() -> None:
    other = identities.extend(BEFORE, [nodes.recovery(BEFORE, 2)])
    assert code_of(lambda: identities.reconcile(identities.replay(RECOVERED), other.entries)) == Code.IDENTITY_FORK
    assert code_of(lambda: identities.reconcile(other, RECOVERED)) == Code.IDENTITY_FORK


def test_another_node_is_not_this_one() -> None:
    stranger = identities.inception(OTHER, nodes.ROOTS[1], nodes.recovery_public(0), [], nodes.NONCE)
    assert code_of(lambda: identities.reconcile(GROWN, [stranger])) == Code.IDENTITY_FORK


# --- bounds and misuse ---


def test_an_identity_logbook_is_bounded() -> None:
    assert code_of(lambda: identities.replay(LEAVES[:1] * (limits.IDENTITY_ENTRIES_MAX + 2))) == Code.TOO_BIG
    assert code_of(lambda: identities.extend(ICP, [bytes(limits.ENTRY_BYTES_MAX)] * 13)) == Code.TOO_BIG


def test_misuse_is_ours() -> None:
    good = (nodes.ROOTS[0], nodes.ROOTS[1], nodes.recovery_public(0))
    for kem, nonce in (([WEAK], nodes.NONCE), ([], bytes(15))):
        with pytest.raises(LocalError):
            identities.inception(*good, kem, nonce)
    with pytest.raises(LocalError):
        identities.to_text(identities.NodeId(bytes(31)))


def test_the_keys_are_offered_here_as_well() -> None:
    for name in ("check_ed25519", "check_x25519", "derive", "ed25519_sign", "ed25519_verify", "public", "public_keys"):
        assert getattr(identities, name) is getattr(keys, name)
