"""Benchmarks: how Greenroom compares with its peers and with the least that its work can cost."""
