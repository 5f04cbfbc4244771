"""From source to shard in memory: bands, casts, kernels."""
