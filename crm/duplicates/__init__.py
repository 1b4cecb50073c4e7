"""Duplicates: leads, accounts and contacts that look the same (French: doublons). Source: spec 6.4.

`facts` is what is compared of a record, `profile` its normal form. `keys` makes the numbers under
which a record is found, `likeness` compares two of them. `sources` says how an upper slice reads
the facts of its records, `keeping` stores the keys with every flush, `finding` answers what looks
like a record, and `checking` finds all pairs.
"""
