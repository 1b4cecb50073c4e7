"""The page on which a lead is converted. Source: spec 4.4."""
