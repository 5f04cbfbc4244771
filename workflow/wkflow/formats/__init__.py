"""Where voxels go: the layout of a dataset, its shard files and their chunks."""
