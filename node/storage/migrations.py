"""The schema, as numbered migrations. A migration that has landed is never edited: add the next one.

Money and personal data do not stand in these tables beside the logbooks' own bytes, with two exceptions: `shop_orders`
holds the consumer orders that this merchant imported, and may be erased row by row; the tables of operators name the
merchant's own people. No password, code, token or key stands anywhere in the clear.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlite_utils import Database, Migrations

migrations = Migrations("hanse")

SPINE = """
-- One row a node ever: key -> value. See storage.settings.
CREATE TABLE settings (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- Identity logs, of this node and of every partner (docs/protocol.md section 3.5).
CREATE TABLE identity_entries (
    node BLOB NOT NULL, position INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (node, position)
) WITHOUT ROWID;

CREATE TABLE partners (
    id INTEGER PRIMARY KEY, node BLOB NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    addresses TEXT NOT NULL, version_seen_max INTEGER NOT NULL, invite_tag BLOB,
    paired_ms INTEGER NOT NULL, last_seen_ms INTEGER
);

CREATE TABLE channels (
    id INTEGER PRIMARY KEY, partner INTEGER NOT NULL REFERENCES partners(id), epoch INTEGER NOT NULL,
    salt BLOB NOT NULL, state TEXT NOT NULL, side INTEGER NOT NULL, applied INTEGER NOT NULL,
    UNIQUE (partner, epoch)
);

-- Two logbooks a channel: mine = 1 is the one this node writes.
CREATE TABLE logbooks (
    id INTEGER PRIMARY KEY, channel INTEGER NOT NULL REFERENCES channels(id), mine INTEGER NOT NULL,
    origin TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, frontier BLOB NOT NULL, root BLOB NOT NULL,
    checkpoint TEXT NOT NULL, receipted INTEGER NOT NULL,
    known_size INTEGER NOT NULL, known_checkpoint TEXT NOT NULL,
    UNIQUE (channel, mine)
);

CREATE TABLE entries (
    logbook INTEGER NOT NULL, position INTEGER NOT NULL, leaf BLOB NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (logbook, position)
) WITHOUT ROWID;

-- Complete tiles of 256 hashes above the leaves: level 1 and up (C2SP tlog-tiles). Level 0 is entries.leaf.
CREATE TABLE tiles (
    logbook INTEGER NOT NULL, level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (logbook, level, position)
) WITHOUT ROWID;

-- Every head that was ever signed by its author and accepted here. UNIQUE is what makes equivocation impossible.
CREATE TABLE heads (
    logbook INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, checkpoint TEXT NOT NULL,
    PRIMARY KEY (logbook, size)
) WITHOUT ROWID;

-- The mirror cosignature over a head with its pairing note: received for my logbooks, given for the partner's.
CREATE TABLE receipts (
    logbook INTEGER NOT NULL, size INTEGER NOT NULL, cosignature TEXT NOT NULL, pair TEXT NOT NULL,
    time_s INTEGER NOT NULL, PRIMARY KEY (logbook, size)
) WITHOUT ROWID;

-- Written, judged and folded, but not yet sequenced: no index, no signature.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, logbook INTEGER NOT NULL, leaf BLOB NOT NULL, data BLOB NOT NULL
);
CREATE INDEX outbox_by_logbook ON outbox (logbook, id);

-- Folded entries of partners that this node still has to act upon by itself (answer, pass on), in order.
CREATE TABLE reactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel INTEGER NOT NULL, position INTEGER NOT NULL
);

-- Blobs named by their SHA-256: sealed personal data, long statements.
CREATE TABLE blobs (hash BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blob_wants (
    id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, channel INTEGER NOT NULL, size INTEGER NOT NULL
);
CREATE INDEX blob_wants_by_channel ON blob_wants (channel, id);

-- What a caller already asked for, so that a repeated command gives the same answer and does nothing.
CREATE TABLE commands (key TEXT PRIMARY KEY, result TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE invites (
    tag BLOB PRIMARY KEY, sealed BLOB NOT NULL, expires_s INTEGER NOT NULL, node BLOB, tries INTEGER NOT NULL
) WITHOUT ROWID;

-- Signed notes that contradict each other, kept before anything else is done.
CREATE TABLE evidence (id INTEGER PRIMARY KEY, channel INTEGER, kind TEXT NOT NULL, content BLOB NOT NULL);

-- The merchant's own goods and what lies on the shelf.
CREATE TABLE goods (sku TEXT PRIMARY KEY, content TEXT NOT NULL, supplier INTEGER) WITHOUT ROWID;
CREATE TABLE stock (
    sku TEXT NOT NULL, location TEXT NOT NULL, on_hand INTEGER NOT NULL CHECK (on_hand >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0), PRIMARY KEY (sku, location)
) WITHOUT ROWID;

-- Consumer orders of the merchant's own shops. `content` holds personal data and may be emptied.
CREATE TABLE shop_orders (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, shop TEXT NOT NULL, number TEXT NOT NULL,
    content TEXT NOT NULL, imported_ms INTEGER NOT NULL
);
CREATE INDEX shop_orders_by_number ON shop_orders (number);

-- Which order thread serves which consumer order or, for a dealer, which order of a buyer.
CREATE TABLE fulfilments (
    thread BLOB PRIMARY KEY, channel INTEGER NOT NULL, shop_order INTEGER, parent BLOB
) WITHOUT ROWID;
CREATE INDEX fulfilments_by_shop_order ON fulfilments (shop_order);
CREATE INDEX fulfilments_by_parent ON fulfilments (parent);

-- One row an order, for lists and searches; rebuilt from the logbooks at any time.
CREATE TABLE orders (
    thread BLOB PRIMARY KEY, channel INTEGER NOT NULL, buying INTEGER NOT NULL, number TEXT NOT NULL,
    state TEXT NOT NULL, ts_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX orders_by_state ON orders (state, ts_ms);
CREATE INDEX orders_by_number ON orders (number);
CREATE INDEX orders_by_time ON orders (ts_ms);
"""


@migrations(name="0001_spine")
def spine(db: Database) -> None:
    """The tables of the first version."""
    execute_all(db.conn, SPINE)


STOCK = """
-- Where stock lies beside `main`, and what partners may know of it (JSON).
CREATE TABLE locations (code TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;

-- The most of a SKU that a partner is told: units, or percent of what there is.
CREATE TABLE allotments (
    partner INTEGER NOT NULL, sku TEXT NOT NULL, units INTEGER, percent INTEGER, PRIMARY KEY (partner, sku)
) WITHOUT ROWID;

-- What no partner is told of.
CREATE TABLE buffers (sku TEXT PRIMARY KEY, units INTEGER NOT NULL) WITHOUT ROWID;
"""


@migrations(name="0002_stock")
def stock(db: Database) -> None:
    """Locations, allotments, buffers."""
    execute_all(db.conn, STOCK)


DERIVED = """
-- Of goods that a supplier ships: the SKU under which it sells them, where it is another one than here.
ALTER TABLE goods ADD COLUMN source TEXT;
CREATE INDEX goods_by_supplier ON goods (supplier, coalesce(source, sku));
"""


@migrations(name="0003_derived")
def derived(db: Database) -> None:
    """Goods under a SKU of their own."""
    execute_all(db.conn, DERIVED)


SHARINGS = """
-- Orders of whose price somebody else gets a part, and has not been told yet what they came to; `waits`: nobody can be.
CREATE TABLE sharings (thread BLOB PRIMARY KEY, channel INTEGER NOT NULL, waits INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX sharings_by_need ON sharings (waits, thread);
"""


@migrations(name="0004_sharings")
def sharings(db: Database) -> None:
    """What third merchants have to be told."""
    execute_all(db.conn, SHARINGS)


ERRANDS = """
-- What a dealer's node has not said to a partner and the merchant has to look at; `cause` names what it would pass on,
-- `faults` (JSON) says why a rule refused it.
CREATE TABLE errands (
    id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, thread BLOB NOT NULL, type TEXT NOT NULL, cause BLOB NOT NULL,
    why TEXT NOT NULL, faults TEXT NOT NULL, since_ms INTEGER NOT NULL, state TEXT NOT NULL,
    UNIQUE (channel, thread, type, cause)
);
"""


@migrations(name="0005_errands")
def errands(db: Database) -> None:
    """What the merchant has to decide along a chain."""
    execute_all(db.conn, ERRANDS)


OPERATORS = """
-- Who may sign in to the console. `likeness` is the name without case; `totp` and `totp_begun` are sealed (node.codes).
CREATE TABLE operators (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, likeness TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
    password TEXT NOT NULL, language TEXT, created_ms INTEGER NOT NULL, disabled_ms INTEGER,
    totp BLOB, totp_begun BLOB, totp_counter INTEGER NOT NULL DEFAULT 0, challenge BLOB, challenge_ms INTEGER
);
CREATE TABLE passkeys (
    id INTEGER PRIMARY KEY AUTOINCREMENT, operator INTEGER NOT NULL REFERENCES operators(id) ON DELETE CASCADE,
    credential BLOB NOT NULL UNIQUE, public_key BLOB NOT NULL, sign_count INTEGER NOT NULL, host TEXT NOT NULL,
    label TEXT NOT NULL, created_ms INTEGER NOT NULL, used_ms INTEGER
);
CREATE INDEX passkeys_by_operator ON passkeys (operator);
CREATE TABLE recovery_codes (
    operator INTEGER NOT NULL REFERENCES operators(id) ON DELETE CASCADE, hash BLOB NOT NULL,
    PRIMARY KEY (operator, hash)
) WITHOUT ROWID;

-- `whole` = 0: the password was right and the second factor is still to come. `hash`: SHA-256 of the token.
CREATE TABLE console_sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE,
    operator INTEGER NOT NULL REFERENCES operators(id) ON DELETE CASCADE, whole INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL, address TEXT NOT NULL, browser TEXT NOT NULL, challenge BLOB
);
CREATE INDEX console_sessions_by_operator ON console_sessions (operator);

-- Keys of programs. `hash`: SHA-256 of the key.
CREATE TABLE program_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, label TEXT NOT NULL, role TEXT NOT NULL,
    maker TEXT NOT NULL, created_ms INTEGER NOT NULL, used_ms INTEGER, revoked_ms INTEGER
);

-- Wrong attempts to sign in. `account` stands for what was typed as a name, which may be anything, even a password.
CREATE TABLE sign_in_failures (
    account BLOB NOT NULL, place TEXT NOT NULL, count INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY (account, place)
) WITHOUT ROWID;
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (last_ms);
"""


@migrations(name="0006_operators")
def operators(db: Database) -> None:
    """Operators of the console, their sessions and second factors, and keys of programs."""
    execute_all(db.conn, OPERATORS)


COMPARED = """
-- When the operators of both sides found that they read the same fingerprint words.
ALTER TABLE partners ADD COLUMN compared_ms INTEGER;

-- When an invitation was given.
ALTER TABLE invites ADD COLUMN given_s INTEGER NOT NULL DEFAULT 0;
"""


@migrations(name="0007_compared")
def compared(db: Database) -> None:
    """Partners whose words were compared, and when invitations were given."""
    execute_all(db.conn, COMPARED)


@migrations(name="0008_supplied_goods")
def supplied_goods(db: Database) -> None:
    """Find what a supplier's document changes without reading every article."""
    db.conn.execute("CREATE INDEX goods_by_source ON goods (supplier, coalesce(source, sku))")


AFTERSALES = """
-- One row for each return (`request`: its hash, empty for what came back without one) and each complaint, for the
-- inbox; rebuilt from the logbooks at any time. `place`: mine, theirs, way, closed.
CREATE TABLE aftersales (
    thread BLOB NOT NULL, request BLOB NOT NULL, kind TEXT NOT NULL, channel INTEGER NOT NULL, place TEXT NOT NULL,
    mine INTEGER NOT NULL, since_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, PRIMARY KEY (thread, request)
) WITHOUT ROWID;
CREATE INDEX aftersales_by_place ON aftersales (place, changed_ms, request);
CREATE INDEX aftersales_by_time ON aftersales (changed_ms, request);
CREATE INDEX aftersales_by_request ON aftersales (request);

-- Homes that have traded before derive the list from their logbooks at the next start.
INSERT INTO settings SELECT 'derive', x'31' WHERE EXISTS (SELECT 1 FROM channels);
"""


@migrations(name="0009_aftersales")
def aftersales(db: Database) -> None:
    """The inbox of returns and complaints."""
    execute_all(db.conn, AFTERSALES)


LISTS = """
-- What a row of the list of orders shows. `titles` is JSON by language, of the first line; `city` is personal data.
-- `ships`: this merchant hands it over itself. Rebuilt from the books whenever `settings.lists` is not the newest.
ALTER TABLE orders ADD COLUMN line_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN quantity INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN currency TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN sku TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN titles TEXT NOT NULL DEFAULT '{}';
ALTER TABLE orders ADD COLUMN ships INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN waybill TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN shop TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN shop_number TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN city TEXT NOT NULL DEFAULT '';
DROP INDEX orders_by_state;
CREATE INDEX orders_by_state ON orders (buying, state, ts_ms);
CREATE INDEX orders_by_channel ON orders (channel, buying, state, ts_ms);
CREATE INDEX orders_by_shop ON orders (shop, state, ts_ms) WHERE shop != '';

-- How many orders stand where: kept by the triggers below, so that nobody ever counts.
CREATE TABLE order_counts (
    channel INTEGER NOT NULL, buying INTEGER NOT NULL, shop TEXT NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (channel, buying, shop, state)
) WITHOUT ROWID;
INSERT INTO order_counts SELECT channel, buying, shop, state, count(*) FROM orders GROUP BY 1, 2, 3, 4;
CREATE TRIGGER orders_added AFTER INSERT ON orders BEGIN
    INSERT INTO order_counts VALUES (new.channel, new.buying, new.shop, new.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER orders_removed AFTER DELETE ON orders BEGIN
    UPDATE order_counts SET count = count - 1
        WHERE channel = old.channel AND buying = old.buying AND shop = old.shop AND state = old.state;
END;
CREATE TRIGGER orders_moved AFTER UPDATE OF state, shop ON orders WHEN old.state != new.state OR old.shop != new.shop
BEGIN
    UPDATE order_counts SET count = count - 1
        WHERE channel = old.channel AND buying = old.buying AND shop = old.shop AND state = old.state;
    INSERT INTO order_counts VALUES (new.channel, new.buying, new.shop, new.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- What waits for this merchant, by what has to be done; `key` is the thread. Only what is open has a row.
CREATE TABLE duties (
    duty TEXT NOT NULL, ts_ms INTEGER NOT NULL, key BLOB NOT NULL, channel INTEGER NOT NULL,
    PRIMARY KEY (duty, ts_ms, key, channel)
) WITHOUT ROWID;
CREATE INDEX duties_by_key ON duties (key, channel);

-- What can be found, without personal data: a row names it, `found` holds its words (see storage.spellings).
CREATE TABLE findables (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key BLOB NOT NULL, channel INTEGER NOT NULL, UNIQUE (kind, key, channel)
);
CREATE INDEX findables_by_channel ON findables (channel);
CREATE VIRTUAL TABLE found USING fts5(numbers, tails, words, tokenize = 'unicode61 remove_diacritics 2');

-- Names and telephone numbers of consumers, word by word. No full-text index: what is erased here is gone at once.
CREATE TABLE consumer_words (word TEXT NOT NULL, shop_order INTEGER NOT NULL, PRIMARY KEY (word, shop_order))
    WITHOUT ROWID;
CREATE INDEX consumer_words_by_order ON consumer_words (shop_order);
CREATE TRIGGER shop_orders_erased AFTER UPDATE OF content ON shop_orders BEGIN
    DELETE FROM consumer_words WHERE shop_order = new.id;
    UPDATE orders SET city = '' WHERE thread IN (SELECT thread FROM fulfilments WHERE shop_order = new.id);
END;
CREATE TRIGGER shop_orders_removed AFTER DELETE ON shop_orders BEGIN
    DELETE FROM consumer_words WHERE shop_order = old.id;
    UPDATE orders SET city = '' WHERE thread IN (SELECT thread FROM fulfilments WHERE shop_order = old.id);
END;
"""


@migrations(name="0010_lists")
def lists(db: Database) -> None:
    """Rows that say what people want to see, what waits for them, and words to find everything by."""
    execute_all(db.conn, LISTS)


REPORTS = """
-- Figures for reports, by hour or day since 1970 (UTC): see storage.reports. Rebuilt from the books, but for balances.
CREATE TABLE sales (
    channel INTEGER NOT NULL, selling INTEGER NOT NULL, currency TEXT NOT NULL, hour INTEGER NOT NULL,
    orders INTEGER NOT NULL, minor INTEGER NOT NULL, units INTEGER NOT NULL, stopped INTEGER NOT NULL,
    late INTEGER NOT NULL, PRIMARY KEY (channel, selling, currency, hour)
) WITHOUT ROWID;
CREATE INDEX sales_by_hour ON sales (selling, hour);
CREATE TABLE article_sales (
    channel INTEGER NOT NULL, selling INTEGER NOT NULL, sku TEXT NOT NULL, day INTEGER NOT NULL,
    shipped INTEGER NOT NULL, returned INTEGER NOT NULL, PRIMARY KEY (channel, selling, sku, day)
) WITHOUT ROWID;
CREATE INDEX article_sales_by_day ON article_sales (selling, day);
CREATE TABLE departures (
    channel INTEGER NOT NULL, selling INTEGER NOT NULL, hour INTEGER NOT NULL, parcels INTEGER NOT NULL,
    promised INTEGER NOT NULL, late INTEGER NOT NULL, seconds INTEGER NOT NULL, PRIMARY KEY (channel, selling, hour)
) WITHOUT ROWID;
CREATE INDEX departures_by_hour ON departures (selling, hour);
CREATE TABLE balances (
    channel INTEGER NOT NULL, currency TEXT NOT NULL, day INTEGER NOT NULL, minor INTEGER NOT NULL,
    PRIMARY KEY (channel, currency, day)
) WITHOUT ROWID;
"""


@migrations(name="0011_reports")
def reports(db: Database) -> None:
    """What reports add up."""
    execute_all(db.conn, REPORTS)


ALTERATIONS = """
-- Who altered what of late (storage.alterations). Documents are noted when they are folded; rows of these tables here.
CREATE TABLE alterations (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL, what TEXT NOT NULL,
    by TEXT NOT NULL DEFAULT '', session INTEGER, mine INTEGER NOT NULL DEFAULT 1, at_ms INTEGER
);
CREATE TRIGGER operators_renamed AFTER UPDATE OF name ON operators WHEN old.name != new.name BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('operator', new.id, 'name');
END;
CREATE TRIGGER operators_placed AFTER UPDATE OF role ON operators WHEN old.role != new.role BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('operator', new.id, 'role');
END;
CREATE TRIGGER operators_disabled AFTER UPDATE OF disabled_ms ON operators
WHEN old.disabled_ms IS NOT new.disabled_ms BEGIN
    INSERT INTO alterations (kind, name, what)
        VALUES ('operator', new.id, iif(new.disabled_ms IS NULL, 'let-in', 'shut-out'));
END;
CREATE TRIGGER operators_password AFTER UPDATE OF password ON operators WHEN old.password != new.password BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('operator', new.id, 'password');
END;
CREATE TRIGGER goods_altered AFTER UPDATE OF content, supplier, source ON goods
WHEN old.content != new.content OR old.supplier IS NOT new.supplier OR old.source IS NOT new.source BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('good', new.sku, 'good');
END;
CREATE TRIGGER goods_removed AFTER DELETE ON goods BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('good', old.sku, 'removed');
END;
CREATE TRIGGER stock_counted AFTER UPDATE OF on_hand ON stock WHEN old.on_hand != new.on_hand BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('stock', new.sku, 'on-hand');
END;
CREATE TRIGGER buffers_altered AFTER UPDATE ON buffers WHEN old.units != new.units BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('stock', new.sku, 'buffer');
END;
CREATE TRIGGER allotments_altered AFTER UPDATE ON allotments
WHEN old.units IS NOT new.units OR old.percent IS NOT new.percent BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('stock', new.sku, 'allotment');
END;
CREATE TRIGGER partners_renamed AFTER UPDATE OF name ON partners WHEN old.name != new.name BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('partner', new.id, 'name');
END;
CREATE TRIGGER partners_moved AFTER UPDATE OF state ON partners WHEN old.state != new.state BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('partner', new.id, new.state);
END;
CREATE TRIGGER program_keys_revoked AFTER UPDATE OF revoked_ms ON program_keys
WHEN old.revoked_ms IS NOT new.revoked_ms BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('program-key', new.id, 'revoked');
END;
CREATE TRIGGER errands_moved AFTER UPDATE OF state ON errands WHEN old.state != new.state BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('errand', new.id, new.state);
END;
CREATE TRIGGER settings_altered AFTER UPDATE ON settings
WHEN old.value != new.value AND (new.key IN ('card', 'courier_rules', 'shop_channels')
    OR new.key GLOB 'share/*') BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('setting', new.key, 'setting');
END;
"""


@migrations(name="0012_alterations")
def alterations(db: Database) -> None:
    """What was altered of late, so that two who work on the same thing hear of each other."""
    execute_all(db.conn, ALTERATIONS)


INTAKES = """
-- What files of goods and counts changed, so that it can be taken back; the newest only.
CREATE TABLE intakes (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, by TEXT NOT NULL,
    key TEXT NOT NULL, taken_back_ms INTEGER
);
CREATE TABLE intake_alterations (
    intake INTEGER NOT NULL, sku TEXT NOT NULL, location TEXT NOT NULL, before TEXT, after TEXT,
    counted_before INTEGER, counted INTEGER, PRIMARY KEY (intake, sku, location)
) WITHOUT ROWID;
"""


@migrations(name="0013_intakes")
def intakes(db: Database) -> None:
    """What files changed."""
    execute_all(db.conn, INTAKES)


ERASURES = """
-- Sealed addresses (by their SHA-256) and consumers of orders (by the thread) that were erased: see storage.erasures.
CREATE TABLE erasures (name BLOB PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
"""


@migrations(name="0014_erasures")
def erasures(db: Database) -> None:
    """Consumers who were erased."""
    execute_all(db.conn, ERASURES)


URGENCIES = """
-- By when each of the duties has to be done, at the end what has no time; how many there are, kept by triggers.
ALTER TABLE duties ADD COLUMN due_ms INTEGER NOT NULL DEFAULT 9007199254740991;
CREATE INDEX duties_by_urgency ON duties (duty, due_ms, ts_ms, key);
CREATE TABLE duty_counts (duty TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO duty_counts SELECT duty, count(*) FROM duties GROUP BY duty;
CREATE TRIGGER duties_added AFTER INSERT ON duties BEGIN
    INSERT INTO duty_counts VALUES (new.duty, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER duties_removed AFTER DELETE ON duties BEGIN
    UPDATE duty_counts SET count = count - 1 WHERE duty = old.duty;
END;
"""


@migrations(name="0015_urgencies")
def urgencies(db: Database) -> None:
    """What waits, the most urgent first."""
    execute_all(db.conn, URGENCIES)


BATCHES = """
-- Which consumer orders came in a file, and which of them were taken back.
CREATE TABLE intake_orders (
    intake INTEGER NOT NULL, shop_order INTEGER NOT NULL, PRIMARY KEY (intake, shop_order)
) WITHOUT ROWID;
ALTER TABLE shop_orders ADD COLUMN taken_back_ms INTEGER;
"""


@migrations(name="0016_batches")
def batches(db: Database) -> None:
    """Files of orders."""
    execute_all(db.conn, BATCHES)


PLANS = """
-- What was decided about backups and about what is erased is a setting that two people may alter at once.
DROP TRIGGER settings_altered;
CREATE TRIGGER settings_altered AFTER UPDATE ON settings
WHEN old.value != new.value AND (new.key IN ('card', 'courier_rules', 'shop_channels', 'backup_plan', 'retention')
    OR new.key GLOB 'share/*') BEGIN
    INSERT INTO alterations (kind, name, what) VALUES ('setting', new.key, 'setting');
END;
"""


@migrations(name="0017_plans")
def plans(db: Database) -> None:
    """Settings that are noted when they are altered."""
    execute_all(db.conn, PLANS)


SUPPLIES = """
-- Of goods that a supplier ships: how it stands behind them, as was taken note of and now. See storage.supplies.
CREATE TABLE supplies (sku TEXT PRIMARY KEY, noted TEXT NOT NULL, now TEXT NOT NULL, at_ms INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX supplies_news ON supplies (at_ms) WHERE now != noted;
CREATE TRIGGER supplies_removed AFTER DELETE ON goods BEGIN DELETE FROM supplies WHERE sku = old.sku; END;
"""


@migrations(name="0018_supplies")
def supplies(db: Database) -> None:
    """What became of goods that suppliers ship."""
    execute_all(db.conn, SUPPLIES)


RETENTION = """
-- Orders that are at an end and whose consumer is not erased yet (storage.erasures). `since_ms`: since when, by the
-- clock of this node, NULL until it looked. What was at an end before counts from the first look on.
CREATE TABLE retained (thread BLOB PRIMARY KEY, since_ms INTEGER) WITHOUT ROWID;
CREATE INDEX retained_by_time ON retained (since_ms);
INSERT INTO retained SELECT thread, NULL FROM orders
    WHERE state = 'closed' AND thread NOT IN (SELECT name FROM erasures);
CREATE TRIGGER orders_ended AFTER INSERT ON orders WHEN new.state = 'closed' BEGIN
    INSERT OR IGNORE INTO retained SELECT new.thread, NULL WHERE NOT EXISTS
        (SELECT 1 FROM erasures WHERE name = new.thread);
END;
CREATE TRIGGER orders_ended_now AFTER UPDATE OF state ON orders
WHEN new.state = 'closed' AND old.state != 'closed' BEGIN
    INSERT OR IGNORE INTO retained SELECT new.thread, NULL WHERE NOT EXISTS
        (SELECT 1 FROM erasures WHERE name = new.thread);
END;
CREATE TRIGGER orders_reopened AFTER UPDATE OF state ON orders
WHEN old.state = 'closed' AND new.state != 'closed' BEGIN
    DELETE FROM retained WHERE thread = new.thread;
END;
CREATE TRIGGER consumers_erased AFTER INSERT ON erasures BEGIN
    DELETE FROM retained WHERE thread = new.name;
END;
"""


@migrations(name="0019_retention")
def retention(db: Database) -> None:
    """What is kept of consumers, and since when nobody needs it."""
    execute_all(db.conn, RETENTION)


def execute_all(connection: Any, script: str) -> None:
    """Run the statements one by one inside the caller's transaction (`executescript` would commit it)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def known() -> frozenset[str]:
    """The names of all migrations that this program knows."""
    return frozenset(migration.name for migration in migrations._migrations)


def applied(connection: sqlite3.Connection) -> frozenset[str]:
    """The names of the migrations that the database has had."""
    return frozenset(migration.name for migration in migrations.applied(Database(connection)))


def apply(connection: sqlite3.Connection) -> None:
    """Bring the database to the newest schema; each migration is one transaction."""
    migrations.apply(Database(connection))
