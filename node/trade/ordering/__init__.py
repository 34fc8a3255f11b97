"""Orders from either side: placing, answering, changing, packing, shipping, cancelling."""
