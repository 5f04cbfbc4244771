"""Clusters, as far as Snakemake's executors do not ask: may this run, does it wait."""
