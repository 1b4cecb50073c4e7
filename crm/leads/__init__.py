"""Leads (pistes): persons and organisations that showed interest and are not qualified yet."""
