"""Programs of others that check ours. `verify.go` says in its first lines how it is used."""
