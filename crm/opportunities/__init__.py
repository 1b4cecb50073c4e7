"""Opportunities (opportunités), their stages (étapes) and the reasons why sales are lost."""
