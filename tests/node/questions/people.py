"""Commands about operators, keys of programs, and backups, and the questions that they put."""

from __future__ import annotations

from tests.node import programs

QUESTIONS: list[programs.Question] = [
    (["backup", "/shop.backup"], "backup.write", {"file": "/shop.backup"}),
    (["backups", "show"], "backup.show", {}),
    (["backups", "now"], "backup.run", {}),
    (["backups", "plan", "--every", "week", "--keep", "8"], "backup.plan", {"every": "week", "keep": 8}),
    (["backups", "plan", "--hour", "0", "--folder", "/disk"], "backup.plan", {"hour": 0, "folder": "/disk"}),
    (["consumer", "retention"], "retention.show", {}),
    (["consumer", "retain", "180", "--yes"], "retention.set", {"days": 180}),
    (["consumer", "retain", "0"], "retention.set", {"days": 0}),
    (["operator", "list"], "operator.list", {}),
    (["operator", "code"], "operator.code", {}),
    (["operator", "role", "Wei", "sales"], "operator.change", {"operator": "Wei", "role": "sales"}),
    (["operator", "disable", "Wei"], "operator.change", {"operator": "Wei", "disabled": True}),
    (["operator", "enable", "Wei"], "operator.change", {"operator": "Wei", "disabled": False}),
    (["operator", "second-factor-off", "Wei"], "operator.second-factor.off", {"operator": "Wei"}),
    (["operator", "remove", "Wei"], "operator.remove", {"operator": "Wei"}),
    (["session", "list"], "session.list", {}),
    (["session", "revoke", "7"], "session.revoke", {"session": 7}),
    (["key", "make", "shop", "--role", "sales"], "key.make", {"label": "shop", "role": "sales"}),
    (["key", "list"], "key.list", {}),
    (["key", "revoke", "3"], "key.revoke", {"number": 3}),
]
