"""The suite: tests mirror the slices and files of crm/; house/ holds the rules about the whole."""
