"""Sales follow-up ("Suivi pipeline commercial"): records, their opportunities and their events.

- `subjects`: leads, or clients and prospects, and which filters find what belongs to them.
- `choice`: what a reader chose, from the address.
- `figures`: what is counted and summed, one grouped statement a table.
- `tables`: the figures as the template places them, each with the list of its rows.
- `lists`: the three tabs.
- `views`: the page.
"""
