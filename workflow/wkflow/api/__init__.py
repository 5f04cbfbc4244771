"""What a Python program or a notebook calls: the commands as functions, with results.

`convert`, `remote_convert`, `upload`, `downsample`, `plan` and `choices` are written by
`python -m wkflow.api.write_functions`, from the options.
"""
