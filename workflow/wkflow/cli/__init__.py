"""What a person types and sees: flags -> Settings -> Snakemake -> exit status."""
