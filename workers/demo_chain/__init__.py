"""Traffic on the demo's chain: blocks with transfers and tokens, and a reorg now and then."""
