"""Guests are told of events by mail: invited, told of another date or place, told that it is off.

A change is noted in the transaction that makes it, and told once it has rested for two minutes:
what was told is compared with what is, so that several changes make one mail and an undone one
makes none. Source: spec 9.3.
"""
