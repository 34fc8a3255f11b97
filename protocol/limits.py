"""Every bound of the protocol, with its unit in its name, its reason, and the relations between bounds.

A bound is part of the protocol: two nodes with different bounds would disagree about what is valid.
docs/protocol.md section 14 lists them all. `RELATIONS` says which bounds must fit into each other; a test reads it.
"""

from __future__ import annotations

from typing import Final

# --- canonical values (docs/protocol.md section 2) ---

INTEGER_MAX: Final = 2**53 - 1
"""Largest integer, and with a minus sign the smallest: JavaScript, JSON and SQLite all hold it exactly."""
DEPTH_MAX: Final = 16
"""Containers within containers. Documents need 6; the rest is room, and no reader can overflow its stack."""
OBJECTS_MAX: Final = 10_000
"""Values and keys in one map. 1 MiB of empty maps would take 84 MiB and block the event loop for 106 ms."""
KEY_CHARACTERS_MAX: Final = 32
"""Characters of a map key, `[a-z][a-z0-9_]*`: keys are field names, never data."""

# --- entries (section 4) ---

ENTRY_BYTES_MAX: Final = 65_535
"""Bytes of one entry: an entry bundle of C2SP tlog-tiles writes the length as a 16-bit number."""
ENTRY_BYTES_TARGET: Final = 16 * 1024
"""Bytes above which a document should carry a blob reference instead."""
TYPE_CHARACTERS_MAX: Final = 64
"""Characters of an entry's type."""
VERSION_MAX: Final = 65_535
"""Largest version number of a document type."""
ENTRY_OVERHEAD_BYTES: Final = 3
"""Bytes of the header before an entry within a BATCH (bin 16)."""
REFERENCES_MAX: Final = 256
"""References of one entry: each is a lookup when the entry is folded."""
EPOCH_ENTRIES_MAX: Final = 1_000_000
"""Entries of one logbook before it is sealed and a new epoch begins, so that one export stays a few hundred MB."""

# --- notes and proofs (sections 6 and 7) ---

SIGNATURES_MAX: Final = 64
"""Signature lines of one note. C2SP demands at least 16; a post-quantum line is up to 5 kB."""
NOTE_CHARACTERS_MAX: Final = 128 * 1024
"""Characters of one note: 16 post-quantum signatures are 54 kB of base64, and the double is room."""
KEY_NAME_CHARACTERS_MAX: Final = 255
"""Characters of a key name: C2SP writes the length of a cosigner's name in one byte."""
ORIGIN_CHARACTERS_MAX: Final = 64
"""Characters of the origin of a logbook: `hanse/id/` and 52 of base32 are 61."""
PROOF_HASHES_MAX: Final = 63
"""Hashes of one proof: the bound of C2SP tlog-witness, enough for 2^62 entries."""
PROOF_FILE_BYTES_MAX: Final = 256 * 1024
"""Bytes of one proof file: a note, its hashes, and as much extra data."""
TIMESTAMP_S_MAX: Final = 2**63 - 1
"""Seconds of a cosignature, the bound of C2SP tlog-cosignature."""

# --- tiles (section 4.8) ---

TILE_HASHES: Final = 256
"""Hashes of a full tile: C2SP fixes the tile height at 8."""

# --- identities (section 3) ---

IDENTITY_ENTRIES_MAX: Final = 512
"""Entries of an identity logbook: one `kem` leaf a month for 42 years. To verify them all takes about 50 ms."""
IDENTITY_BYTES_MAX: Final = 768 * 1024
"""Bytes of all entries of an identity logbook: it travels in one IDLOG or pair message."""
KEM_KEYS_MAX: Final = 16
"""Keys for personal data offered at once: one a month, and the next ones announced ahead."""
ADDRESSES_MAX: Final = 8
"""Addresses of one node, in an `addr` leaf and in an invitation."""
ADDRESS_CHARACTERS_MAX: Final = 261
"""Characters of `host:port`: a name of 253 characters, brackets or not, a colon and five digits."""
RELAYS_MAX: Final = 8
"""Relays that one node names."""

# --- sessions (section 5) ---

SESSION_MESSAGE_BYTES_MAX: Final = 1 << 20
"""Bytes of one session message before encryption."""
NOISE_BYTES_MAX: Final = 65_535
"""Bytes of one Noise transport message (Noise revision 34, section 3)."""
NOISE_TAG_BYTES: Final = 16
"""Bytes that ChaCha20-Poly1305 adds to each of them."""
NOISE_LENGTH_BYTES: Final = 2
"""Bytes that say how long the next Noise message is."""
MESSAGE_BYTES_MAX: Final = SESSION_MESSAGE_BYTES_MAX + 4_096
"""Bytes of one message on a link: the plaintext, 17 tags and lengths, and room."""
HELLO_BYTES_MAX: Final = 2_048
"""Bytes of one message before the partner is authenticated: a stranger gets no memory."""
HELLO_OBJECTS_MAX: Final = 64
"""Values and keys of one such message: a hello with every version it may offer has 24."""
VERSIONS_OFFERED_MAX: Final = 16
"""Session versions that one hello offers."""
AUTHENTICATION_MS_MAX: Final = 10_000
"""Milliseconds from accept to authenticated."""
UNAUTHENTICATED_MAX: Final = 64
"""Connections in all that have not authenticated yet."""
UNAUTHENTICATED_ADDRESS_MAX: Final = 8
"""Of these, connections from one address."""
SESSIONS_PARTNER_MAX: Final = 4
"""Connections of one partner that may overlap while the newest takes over."""
SESSION_MESSAGE_OBJECTS_MAX: Final = 10_000
"""Values and keys of one session message."""
REKEY_MESSAGES: Final = 1 << 20
"""Transport messages under one key: far below every bound of ChaCha20-Poly1305."""
HEARTBEAT_MS: Final = 20_000
"""Milliseconds between pings; a one-way partition is noticed within a minute (three of them)."""
REDIAL_MS_MIN: Final = 1_000
"""Shortest pause before dialling again, milliseconds, before jitter."""
REDIAL_MS_MAX: Final = 300_000
"""Longest pause before dialling again, milliseconds."""

# --- synchronisation (section 8) ---

BATCH_ENTRIES_MAX: Final = 1_024
"""Entries of one BATCH or DATA: what a reader hashes and stores in one transaction."""
BATCH_BYTES_MAX: Final = 768 * 1024
"""Bytes of the entries of one BATCH or DATA; the rest of the message is for the checkpoint."""
BATCHES_IN_FLIGHT_MAX: Final = 4
"""Batches sent and not yet receipted: hides the latency of one fsync at the reader."""
CREDIT_BYTES: Final = BATCHES_IN_FLIGHT_MAX * BATCH_BYTES_MAX
"""Bytes of entries that a reader grants at the start of a session: everything that may be in flight."""
CREDIT_ENTRIES: Final = BATCHES_IN_FLIGHT_MAX * BATCH_ENTRIES_MAX
"""Entries that a reader grants at the start of a session."""
CHANNELS_PER_PARTNER_MAX: Final = 32
"""Channels, one for each epoch, of one pair of nodes: the rows of one HEADS."""
CODE_CHARACTERS_MAX: Final = 64
"""Characters of an error code or a reason for saying goodbye."""
BLOB_PIECE_BYTES_MAX: Final = 256 * 1024
"""Bytes of one piece of a blob: a blob never holds up a batch for long."""
BLOB_WANTS_MAX: Final = 64
"""Blobs asked for in one message."""
BLOB_BYTES_MAX: Final = 64 * 1024 * 1024
"""Bytes of one blob, which is in memory whole while its hash is checked."""

# --- personal data (section 11) ---

PERSONAL_BYTES_MAX: Final = 16 * 1024
"""Bytes of one sealed address or customs record, padded."""
PERSONAL_PAD_BYTES: Final = 256
"""The padded length is a multiple of this, so that it tells nothing about names."""

# --- pairing (section 9) ---

NAME_CHARACTERS_MAX: Final = 200
"""Characters of the name that a node shows of itself."""
INVITE_CHARACTERS_MAX: Final = 1_024
"""Characters of an invitation: what a QR code still shows on a small screen."""
INVITE_VALID_S: Final = 86_400
"""Seconds that an invitation is valid by default."""
INVITE_TRIES_MAX: Final = 5
"""Wrong tries before an invitation is burnt."""

# --- clocks (section 7.7) ---

SKEW_MS_MAX: Final = 300_000
"""Milliseconds between a partner's clock and ours above which it is shown to the merchant. Decides nothing."""
RECEIPT_AHEAD_MS_MAX: Final = 600_000
"""Milliseconds that a receipt may lie in our future and still count for a deadline."""

_NOISE_MESSAGES = -(-SESSION_MESSAGE_BYTES_MAX // (NOISE_BYTES_MAX - NOISE_TAG_BYTES))

RELATIONS: Final[dict[str, bool]] = {
    "an entry fits a batch": ENTRY_BYTES_MAX <= BATCH_BYTES_MAX,
    "an entry's target is below its limit": ENTRY_BYTES_TARGET < ENTRY_BYTES_MAX,
    "an entry's length fits 16 bits": ENTRY_BYTES_MAX < 1 << 16,
    "a batch with headers and its checkpoint fits a message": (
        BATCH_BYTES_MAX + ENTRY_OVERHEAD_BYTES * BATCH_ENTRIES_MAX + NOTE_CHARACTERS_MAX + 1_024
        <= SESSION_MESSAGE_BYTES_MAX
    ),
    "a batch stays below the object count": BATCH_ENTRIES_MAX + 16 <= SESSION_MESSAGE_OBJECTS_MAX,
    "an identity logbook stays below the object count": IDENTITY_ENTRIES_MAX + 64 <= SESSION_MESSAGE_OBJECTS_MAX,
    "an identity logbook and its checkpoint fit a message": (
        IDENTITY_BYTES_MAX + 3 * IDENTITY_ENTRIES_MAX + NOTE_CHARACTERS_MAX + 16_384 <= SESSION_MESSAGE_BYTES_MAX
    ),
    "the credit is never below one full batch": CREDIT_BYTES >= BATCH_BYTES_MAX and CREDIT_ENTRIES >= BATCH_ENTRIES_MAX,
    "a receipt's three notes fit a message": 3 * NOTE_CHARACTERS_MAX + 1_024 <= SESSION_MESSAGE_BYTES_MAX,
    "a piece of a blob fits a message": BLOB_PIECE_BYTES_MAX + 1_024 <= SESSION_MESSAGE_BYTES_MAX,
    "a message with its tags and lengths fits the link": (
        SESSION_MESSAGE_BYTES_MAX + _NOISE_MESSAGES * (NOISE_TAG_BYTES + NOISE_LENGTH_BYTES) <= MESSAGE_BYTES_MAX
    ),
    "a greeting is one Noise message": HELLO_BYTES_MAX <= NOISE_BYTES_MAX,
    "every version offered fits a greeting": VERSIONS_OFFERED_MAX + 8 <= HELLO_OBJECTS_MAX,
    "sixteen post-quantum signatures fit a note": 16 * (4 * (4 + 8 + 2_420) // 3 + KEY_NAME_CHARACTERS_MAX + 8)
    < NOTE_CHARACTERS_MAX,
    "C2SP's sixteen signatures are allowed": SIGNATURES_MAX >= 16,
    "one epoch's proofs are short": EPOCH_ENTRIES_MAX < 1 << PROOF_HASHES_MAX,
    "every size is an integer of the profile": EPOCH_ENTRIES_MAX <= INTEGER_MAX,
    "a note and its hashes fit a proof file": NOTE_CHARACTERS_MAX + 45 * PROOF_HASHES_MAX < PROOF_FILE_BYTES_MAX,
    "kem leaves fit an entry": 34 * KEM_KEYS_MAX + 1_024 < ENTRY_BYTES_MAX,
    "addresses fit a greeting's worth of an entry": (ADDRESS_CHARACTERS_MAX + 3) * ADDRESSES_MAX < ENTRY_BYTES_TARGET,
    "personal data fits one piece of a blob": PERSONAL_BYTES_MAX < BLOB_PIECE_BYTES_MAX,
    "padded lengths reach the bound": PERSONAL_BYTES_MAX % PERSONAL_PAD_BYTES == 0,
    "pauses are ordered": REDIAL_MS_MIN < REDIAL_MS_MAX,
    "one address cannot take every place": UNAUTHENTICATED_ADDRESS_MAX < UNAUTHENTICATED_MAX,
    "three missed heartbeats are noticed within a minute": 3 * HEARTBEAT_MS <= 60_000,
}
