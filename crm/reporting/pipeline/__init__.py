"""Sales follow-up ("Suivi pipeline commercial"): records, their opportunities and their events.

- `subjects`: leads, or clients and prospects, and which filters find what belongs to them.
- `choice`: what a reader chose, from the address.
- `figures`: what is counted and summed, one grouped statement a table.
- `tables`: the figures as the template places them, each with the list of its rows.
- `captions`: what is said below the figures.
- `sheet`: the tables as those of dashboards, for CSV and for mail.
- `lists`: the three tabs.
- `accounts`: the list of clients and prospects together, which their figures open.
- `saved`: a choice as it is saved, and opened again.
- `views`: the page.
"""
