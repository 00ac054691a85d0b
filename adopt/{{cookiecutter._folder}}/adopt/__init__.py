"""A report on a suite that has never had guards, and a patch that loads them."""
