"""Duplicates: leads, accounts and contacts that look the same (French: doublons). Source: spec 6.4.

`facts` is what is compared of a record, `profile` its normal form. `keys` makes the numbers under
which a record is found, `likeness` compares two of them. `sources` says how an upper slice reads
the facts of its records, `keeping` stores the keys with every flush, `finding` answers what looks
like a record, and `checking` finds all pairs.

One word for each thing, here and on the pages:
- candidate: a record, or a pair, that shares a key and has not been compared;
- pair: two records of one table that look the same, as their ids, the lower one first;
- group: the records that pairs connect, as the list of a check shows them;
- match: a record that looks like the one asked about, stored or typed;
- double: the match of a line of an import, as its map calls it (`double = "skip"`);
- dismissal: that somebody found a pair to be no duplicates, until one of the two changes.
"""
