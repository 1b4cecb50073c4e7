"""Own reports: a list, by one or two of its fields, counted and measured as the reader chooses.

- `subjects`: the lists, and what each offers to group by and to measure.
- `layout`: a choice of these, from the address of its page and from what is saved.
- `result`: the choice as a chart of the boards, which reads it.
- `saved`: the saved ones, one's own and those of one's groups.
- `page`, `views`: the pages.
- `pins`, `pin_views`: saved ones on one's home page, or at the end of a dashboard.
"""
