"""Catalogues (catalogues): the PDF files that salespeople show and send."""
