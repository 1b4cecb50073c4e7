"""Dashboards: a board is a table of charts, and every figure opens the list of its rows.

- `periods`: what a reader may choose, and the period before.
- `asked`: the reader's choices, from the address of the page.
- `charts`: the declaration of a chart, and how it is read: one grouped statement.
- `keys`: what a group is called, and the filter of the list that has its rows.
- `shown`: what the templates, the CSV and the drawings are made of.
- `opportunities`, …: the charts of a board.
"""
