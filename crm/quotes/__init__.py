"""Quotes (devis), their lines, and the products (produits) that fill them."""
