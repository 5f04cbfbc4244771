"""Through a real SLURM: slurmctld, slurmd and munge of this machine, in a folder of their own."""
