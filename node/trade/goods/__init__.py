"""Goods: the merchant's own and what partners offer, what is shown to whom and what may be promised."""
