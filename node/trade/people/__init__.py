"""Who of this merchant's people may sign in, as what, and with which keys of programs."""
