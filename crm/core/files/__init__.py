"""Uploaded files: checked, kept in a folder or an object store, answered as downloads.

No import here: `inspecting` starts as a program of its own, and must start quickly.
"""
