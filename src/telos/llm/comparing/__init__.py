"""Comparing: from the decisions of models to the rows of the tables that a page is made of."""
