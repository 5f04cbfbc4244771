"""Looking at what is there, without a workflow: datasets, their files, and this machine."""
