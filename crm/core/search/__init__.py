"""One search for list boxes, pickers and the API: words kept with each row, indexed by word.

A row is found by the beginnings of its words, in any order; where nothing begins so, by parts
inside them. A link that is declared with `search=True` also finds a row by the words of the row
that it leads to, if the reader may see that one; its words are not copied.

`terms` and `words` are in core.models. Here: `lookup` runs a search, with `conditions` as SQL;
`indexes` creates the index of each database, `updating` keeps the words up to date.
"""

from crm.core.search.conditions import Way
from crm.core.search.lookup import SearchMatch, find, is_searched
from crm.core.search.updating import install, rebuild, written_columns

__all__ = ["SearchMatch", "Way", "find", "install", "is_searched", "rebuild", "written_columns"]
