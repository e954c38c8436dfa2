"""The sites, one folder each; none knows another."""
