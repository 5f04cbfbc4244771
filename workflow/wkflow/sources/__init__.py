"""Sources that are not files on this machine: zip archives, web servers and buckets."""
