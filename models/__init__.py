"""What we know: records, tables, and the questions asked of them."""
