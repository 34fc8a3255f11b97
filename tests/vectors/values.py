"""Vectors of canonical values and of entries. The bytes are written by hand, from the msgpack specification."""

from __future__ import annotations

from typing import Any

from protocol import entries, tiles
from protocol.encoding import Value

INTEGER_MAX = 2**53 - 1


def tagged(value: Value) -> Any:
    """A value as JSON; bytes become {"$bytes": hex}, which no HCM map can be."""
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, list):
        return [tagged(item) for item in value]
    if isinstance(value, dict):
        return {key: tagged(item) for key, item in value.items()}
    return value


def untagged(value: Any) -> Value:
    """The inverse of `tagged`."""
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return bytes.fromhex(value["$bytes"])
        return {key: untagged(item) for key, item in value.items()}
    if isinstance(value, list):
        return [untagged(item) for item in value]
    return value  # type: ignore[no-any-return]


def text(length: int, header: str) -> tuple[str, str]:
    return "a" * length, header + "61" * length


def positives() -> list[tuple[str, Value, str]]:
    """Name, value, hex of its one spelling."""
    found: list[tuple[str, Value, str]] = [
        ("nil", None, "c0"),
        ("false", False, "c2"),
        ("true", True, "c3"),
        ("zero", 0, "00"),
        ("largest positive fixint", 127, "7f"),
        ("smallest uint8", 128, "cc80"),
        ("largest uint8", 255, "ccff"),
        ("smallest uint16", 256, "cd0100"),
        ("largest uint16", 65_535, "cdffff"),
        ("smallest uint32", 65_536, "ce00010000"),
        ("largest uint32", 4_294_967_295, "ceffffffff"),
        ("smallest uint64", 4_294_967_296, "cf0000000100000000"),
        ("largest integer", INTEGER_MAX, "cf001fffffffffffff"),
        ("largest negative fixint", -1, "ff"),
        ("smallest negative fixint", -32, "e0"),
        ("largest int8", -33, "d0df"),
        ("smallest int8", -128, "d080"),
        ("largest int16", -129, "d1ff7f"),
        ("smallest int16", -32_768, "d18000"),
        ("largest int32", -32_769, "d2ffff7fff"),
        ("smallest int32", -2_147_483_648, "d280000000"),
        ("largest int64", -2_147_483_649, "d3ffffffff7fffffff"),
        ("smallest integer", -INTEGER_MAX, "d3ffe0000000000001"),
        ("empty text", "", "a0"),
        ("longest fixstr", *text(31, "bf")),
        ("shortest str8", *text(32, "d920")),
        ("longest str8", *text(255, "d9ff")),
        ("shortest str16", *text(256, "da0100")),
        ("text of three bytes a character", "上海", "a6e4b88ae6b5b7"),
        ("text of four bytes a character", "🧾", "a4f09fa7be"),
        ("text that is not NFC stays as it is", "e\u0301", "a365cc81"),
        ("tab and newline are text", "a\tb\n", "a46109620a"),
        ("delete is text", "\x7f", "a17f"),
        ("empty bytes", b"", "c400"),
        ("longest bin8", bytes(255), "c4ff" + "00" * 255),
        ("shortest bin16", bytes(256), "c50100" + "00" * 256),
        ("empty array", [], "90"),
        ("longest fixarray", [0] * 15, "9f" + "00" * 15),
        ("shortest array16", [0] * 16, "dc0010" + "00" * 16),
        ("empty map", {}, "80"),
        (
            "keys in ascending order of their bytes",
            {"a": 1, "a_b": 2, "aa": 3, "b": 4},
            "84a16101a3615f6202a2616103a16204",
        ),
        ("digits sort before letters", {"a1": 1, "aa": 2}, "82a2613101a2616102"),
        ("shortest map16", {f"k{chr(97 + i)}": i for i in range(16)}, map16()),
        ("longest key", {"k" * 32: 1}, "81d920" + "6b" * 32 + "01"),
        ("true is not one", [True, 1, False, 0], "94c301c200"),
        ("bytes are not text", [b"a", "a"], "92c40161a161"),
        ("deepest nesting", nested(16), "91" * 15 + "90"),
    ]
    return found


def map16() -> str:
    return "de0010" + "".join(f"a26b{97 + i:02x}{i:02x}" for i in range(16))


def nested(depth: int) -> Value:
    value: Value = []
    for _ in range(depth - 1):
        value = [value]
    return value


MALFORMED, CANONICAL, RANGE, BIG = "wire.malformed", "wire.not-canonical", "wire.range", "wire.too-big"

# Name, hex, code. One row at least for each kind of docs/protocol.md section 2.
NEGATIVES: list[tuple[str, str, str]] = [
    ("nothing at all", "", MALFORMED),
    ("trailing byte", "c0c0", MALFORMED),
    ("trailing garbage", "8000", MALFORMED),
    ("the reserved byte c1", "c1", MALFORMED),
    ("the reserved byte c1 inside", "91c1", MALFORMED),
    ("truncated uint16", "cd01", MALFORMED),
    ("truncated text", "a261", MALFORMED),
    ("truncated text header", "d9", MALFORMED),
    ("truncated bytes", "c40200", MALFORMED),
    ("truncated array", "9201", MALFORMED),
    ("truncated map", "81a161", MALFORMED),
    ("text that claims 2^32 - 1 bytes", "dbffffffff", MALFORMED),
    ("bytes that claim 2^32 - 1 bytes", "c6ffffffff", MALFORMED),
    ("array that claims 2^32 - 1 values", "ddffffffff", MALFORMED),
    ("map that claims 2^32 - 1 keys", "dfffffffff", MALFORMED),
    ("array nested 17 deep", "91" * 16 + "90", MALFORMED),
    ("map nested 17 deep", "81a161" * 16 + "80", MALFORMED),
    ("long arrays nested 1,000 deep", "dcffff" * 1000, MALFORMED),
    ("fixext 1", "d40100", MALFORMED),
    ("fixext 4 timestamp", "d6ff00000000", MALFORMED),
    ("fixext 8 timestamp", "d7ff0000000000000000", MALFORMED),
    ("ext 8 timestamp", "c70cff000000000000000000000000", MALFORMED),
    ("ext 8 of no bytes", "c70001", MALFORMED),
    ("ext 16", "c8000101ff", MALFORMED),
    ("ext 32", "c90000000101ff", MALFORMED),
    ("float 32", "ca3f800000", CANONICAL),
    ("float 64", "cb3ff0000000000000", CANONICAL),
    ("not a number", "cb7ff8000000000000", CANONICAL),
    ("infinity", "cb7ff0000000000000", CANONICAL),
    ("float inside a map", "81a161ca00000000", CANONICAL),
    ("uint8 for a fixint", "cc05", CANONICAL),
    ("uint16 for a uint8", "cd0080", CANONICAL),
    ("uint32 for a uint16", "ce00000100", CANONICAL),
    ("uint64 for a uint32", "cf0000000000010000", CANONICAL),
    ("uint64 for a fixint", "cf0000000000000005", CANONICAL),
    ("int8 for a positive number", "d005", CANONICAL),
    ("int16 for a positive number", "d10100", CANONICAL),
    ("int64 for a positive number", "d30000000100000000", CANONICAL),
    ("int8 for a negative fixint", "d0ff", CANONICAL),
    ("int16 for an int8", "d1ff80", CANONICAL),
    ("int32 for an int16", "d2ffff8000", CANONICAL),
    ("int64 for an int32", "d3ffffffff80000000", CANONICAL),
    ("str8 for a fixstr", "d90161", CANONICAL),
    ("str16 for a fixstr", "da000161", CANONICAL),
    ("str16 for a str8", "da0020" + "61" * 32, CANONICAL),
    ("str32 for a fixstr", "db0000000161", CANONICAL),
    ("bin16 for a bin8", "c5000100", CANONICAL),
    ("bin32 for a bin8", "c60000000100", CANONICAL),
    ("array16 for a fixarray", "dc000100", CANONICAL),
    ("array32 for a fixarray", "dd0000000100", CANONICAL),
    ("map16 for a fixmap", "de0001a16100", CANONICAL),
    ("map32 for a fixmap", "df00000001a16100", CANONICAL),
    ("two equal keys", "82a16101a16102", CANONICAL),
    ("two equal keys with equal values", "82a16101a16101", CANONICAL),
    ("keys in another order", "82a16201a16102", CANONICAL),
    ("a shorter key after a longer one", "82a2616101a16102", CANONICAL),
    ("integer key", "810100", CANONICAL),
    ("true and one as keys", "82c3000100", CANONICAL),
    ("bytes as a key", "81c4016100", CANONICAL),
    ("nil as a key", "81c000", CANONICAL),
    ("array as a key", "819000", CANONICAL),
    ("map as a key", "818000", CANONICAL),
    ("upper-case key", "81a14100", CANONICAL),
    ("key that begins with a digit", "81a13100", CANONICAL),
    ("key that begins with an underscore", "81a15f00", CANONICAL),
    ("key with a dash", "81a3612d6200", CANONICAL),
    ("empty key", "81a000", CANONICAL),
    ("key of 33 characters", "81d921" + "6b" * 33 + "00", CANONICAL),
    ("key with a newline at its end", "81a2610a00", CANONICAL),
    ("key that is not ASCII", "81a2c3a900", CANONICAL),
    ("text that is not UTF-8", "a1ff", CANONICAL),
    ("text with an overlong zero", "a2c080", CANONICAL),
    ("text with a surrogate", "a3eda080", CANONICAL),
    ("text that ends within a character", "a1c3", CANONICAL),
    ("key that is not UTF-8", "81a1ff00", CANONICAL),
    ("text with a zero character", "a100", CANONICAL),
    ("text with a bell", "a107", CANONICAL),
    ("text with a carriage return", "a3610d0a", CANONICAL),
    ("text with an escape", "a11b", CANONICAL),
    ("text with a unit separator", "a11f", CANONICAL),
    ("2^53", "cf0020000000000000", RANGE),
    ("-2^53", "d3ffe0000000000000", RANGE),
    ("2^63", "cf8000000000000000", RANGE),
    ("2^64 - 1", "cfffffffffffffffff", RANGE),
    ("-2^63", "d38000000000000000", RANGE),
    ("2^53 inside a map", "81a161cf0020000000000000", RANGE),
]

# Name, the byte repeated, how often, bytes_max, code: too long to write out.
REPEATED: list[tuple[str, str, int, int, str]] = [
    ("one byte more than allowed", "c0", 101, 100, BIG),
    ("a megabyte of empty maps in one array", "dd000ffff0" + "80", 0xFFFF0, 1 << 20, MALFORMED),
    ("10,001 objects", "dc2710" + "c0", 10_000, 1 << 20, MALFORMED),
]


def hcm() -> dict[str, Any]:
    return {
        "about": "HCM, docs/protocol.md section 2. Negative vectors are refused with the code, within bytes_max 1 MiB.",
        "positive": [{"name": n, "value": tagged(v), "hex": h} for n, v, h in positives()],
        "negative": [{"name": n, "hex": h, "code": c} for n, h, c in NEGATIVES],
        "repeated": [
            {"name": n, "head": h[:-2], "byte": h[-2:], "times": t, "bytes_max": m, "code": c}
            for n, h, t, m, c in REPEATED
        ],
    }


def sample(**changes: Any) -> dict[str, Any]:
    """The fields of a valid entry, with changes; None removes one."""
    fields: dict[str, Any] = {
        "b": {"lines": [{"qty": 2, "sku": "A-1"}]},
        "id": bytes(range(16)),
        "re": [[0, b"\x11" * 32], [1, b"\x22" * 32]],
        "seen": 3,
        "t": "order.place",
        "ts": 1_760_000_000_000,
        "v": 1,
    }
    fields.update(changes)
    return {name: value for name, value in fields.items() if value != "absent"}


ENTRY_NEGATIVES: list[tuple[str, Any, str]] = [
    ("a list", [1, 2], MALFORMED),
    ("no body", sample(b="absent"), MALFORMED),
    ("no seen", sample(seen="absent"), MALFORMED),
    ("an unknown field", sample(x=1), MALFORMED),
    ("a body that is a list", sample(b=[]), MALFORMED),
    ("an id of 15 bytes", sample(id=bytes(15)), MALFORMED),
    ("an id of 17 bytes", sample(id=bytes(17)), MALFORMED),
    ("an id that is text", sample(id="a" * 16), MALFORMED),
    ("an empty list of references", sample(re=[]), MALFORMED),
    ("references that are a map", sample(re={"a": 1}), MALFORMED),
    ("a reference of one part", sample(re=[[0]]), MALFORMED),
    ("a reference to a third side", sample(re=[[2, bytes(32)]]), MALFORMED),
    ("a reference whose side is true", sample(re=[[True, bytes(32)]]), MALFORMED),
    ("a reference of 31 bytes", sample(re=[[0, bytes(31)]]), MALFORMED),
    ("257 references", sample(re=[[0, bytes(32)]] * 257), MALFORMED),
    ("a type in upper case", sample(t="Order.place"), MALFORMED),
    ("an empty type", sample(t=""), MALFORMED),
    ("a type of three parts", sample(t="a.b.c"), MALFORMED),
    ("a type that ends in a dot", sample(t="order."), MALFORMED),
    ("a type with a newline", sample(t="order\n"), MALFORMED),
    ("a type of 65 characters", sample(t="a" * 65), MALFORMED),
    ("seen that is true", sample(seen=True), MALFORMED),
    ("seen below zero", sample(seen=-1), RANGE),
    ("version zero", sample(v=0), RANGE),
    ("version 65,536", sample(v=65_536), RANGE),
    ("version that is true", sample(v=True), MALFORMED),
    ("a time that is text", sample(ts="now"), MALFORMED),
]


def entry_file(encode: Any) -> dict[str, Any]:
    full = entries.compose(entry_of(sample()))
    bare = entries.compose(entry_of(sample(re="absent", b={}, seen=0, t="ping", ts=-1, v=65_535)))
    author, reader, salt = b"\xa1" * 32, b"\xb2" * 32, b"\x5a" * 16
    names = {epoch: entries.log_id(author, reader, epoch, salt) for epoch in (0, 1, 2**32 - 1)}
    return {
        "about": "Entries, docs/protocol.md section 4.1, and the names of logbooks, section 3.4.",
        "positive": [
            {"hex": data.hex(), "leaf_hash": entries.leaf_hash(data).hex(), "value": tagged(value)}
            for data, value in ((full, sample()), (bare, sample(re="absent", b={}, seen=0, t="ping", ts=-1, v=65_535)))
        ],
        "negative": [{"name": n, "hex": encode(v).hex(), "code": c} for n, v, c in ENTRY_NEGATIVES],
        "names": {
            "author": author.hex(),
            "reader": reader.hex(),
            "salt": salt.hex(),
            "epochs": [
                {"epoch": epoch, "log_id": name.hex(), "origin": entries.origin(name)} for epoch, name in names.items()
            ],
        },
    }


def entry_of(fields: dict[str, Any]) -> entries.Entry:
    references = tuple(entries.Reference(side, target) for side, target in fields.get("re", []))
    return entries.Entry(fields["id"], fields["t"], fields["v"], fields["ts"], fields["seen"], references, fields["b"])


def tile_file() -> dict[str, Any]:
    paths = [
        (0, 0, 256),
        (0, 5, 1),
        (1, 67, 255),
        (63, 0, 256),
        (0, 1_234_067, 256),
        (0, 1_234_067, 7),
        (tiles.ENTRIES, 1000, 256),
    ]
    return {
        "about": "Paths of tiles and the tiles of a tree, C2SP tlog-tiles (1234067 and 70,000 are its examples).",
        "paths": [{"level": each[0], "number": each[1], "width": each[2], "path": tiles.path(*each)} for each in paths],
        "refused": [
            "tile/0/0",
            "tile/0/x001",
            "tile/0/1/000",
            "tile/64/000",
            "tile/00/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/x000/001",
            "/tile/0/000",
            "tile/0/000/",
            "tile/-1/000",
            "tile/8/0/000",
            "tile/0/../000",
        ],
        "sizes": [
            {"size": size, "tiles": [tiles.path(t.level, t.number, t.width) for t in tiles.tiles(size)]}
            for size in (0, 1, 255, 256, 257, 1000)
        ],
        "counts": [{"size": 70_000, "full": [273, 1, 0], "partial": [112, 17, 1]}],
    }
