"""The shelf: what lies where, and telling partners what can still be promised."""
