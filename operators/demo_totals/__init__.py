"""Sums up the blocks of demo_blocks, bucket by bucket."""
