"""The Python half of workflow/rules: what the Snakefile evaluates, and what its rules ask."""
