"""Spreadsheets that merchants send each other: read without guessing, written without danger.

`sources` says what a merchant told us once about a sender's files, `catalogues`, `orders` and `waybills` read,
`exports` writes. Every fault of a file is reported at once, and a file with a fault yields nothing.
The rules and the words of the headings stand in docs/spreadsheets.md.
"""
