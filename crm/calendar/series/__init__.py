"""Series of events (Série): created at once, changed and deleted for one, the following or all.

`creating` makes the occurrences, `reach` says which of them a change would touch, `changing` and
`deleting` do it, `arithmetic` moves rules about without a database. Source: spec 9.4.
"""
