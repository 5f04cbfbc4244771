"""The nouns: box, mag, slab, layer, plan, receipt."""
