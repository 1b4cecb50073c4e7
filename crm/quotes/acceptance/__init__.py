"""/p/<token> of a quote: the customer reads it, and accepts or refuses. Source: spec 8.4."""
