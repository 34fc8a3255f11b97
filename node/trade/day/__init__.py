"""The day of a merchant: what waits, what is looked for, and what the node does by itself."""
