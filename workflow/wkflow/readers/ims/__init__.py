"""IMS of Imaris, in HDF5."""
