"""A console over a town: the real server and the real door, asked over HTTP on the loopback."""
