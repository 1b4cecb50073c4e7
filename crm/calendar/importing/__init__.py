"""Import of an .ics file (importer un fichier .ics): read, previewed, then created as a whole."""
