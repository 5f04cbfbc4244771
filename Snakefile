"""Image stacks become a WEBKNOSSOS dataset with its magnifications, here or on the server.
snakemake --cores all                            a small sample, made on the spot
snakemake --configfile my.yaml --cores all       your images; config/README.md has the options
"""


include: "workflow/Snakefile"


if workflow.modifier.is_main_snakefile():
    workflow.default_target = "all"  # what is included sets none
