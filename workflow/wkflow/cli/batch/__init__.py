"""`wkflow batch`: the datasets of a sheet, side by side, each with a run folder of its own."""
