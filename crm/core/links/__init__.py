"""Public links, /p/<token>: a page for people without an account, with one action."""
