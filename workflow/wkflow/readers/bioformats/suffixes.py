"""The suffixes that only Bio-Formats reads."""

# fmt: off
BIOFORMATS_SUFFIXES = frozenset({
    ".1sc", ".2fl", ".acff", ".afi", ".afm", ".aiix", ".aim", ".aisf", ".al3d", ".am",
    ".amiramesh", ".ano", ".apl", ".arf", ".atsf", ".bif", ".bip", ".c01", ".ch5", ".cif",
    ".cr2", ".crw", ".cxd", ".dib", ".dic", ".dm2", ".dti", ".dv", ".fdf", ".fff", ".ffr",
    ".fits", ".flex", ".fli", ".frm", ".fts", ".gel", ".grey", ".h5", ".hdf", ".hed", ".his",
    ".htd", ".i2i", ".ics", ".im3", ".inr", ".ipl", ".ipm", ".ips", ".ipw", ".j2k", ".j2ki",
    ".j2kr", ".jp2", ".jpf", ".jpk", ".jpx", ".klb", ".l2d", ".labels", ".lei", ".liff", ".lim",
    ".lms", ".mea", ".mnc", ".mrw", ".msr", ".mvd2", ".naf", ".nd", ".ndpis", ".nef", ".nhdr",
    ".nrrd", ".obf", ".oib", ".oif", ".oir", ".ome", ".omp2info", ".pcoraw", ".pct",
    ".pcx", ".pic", ".pict", ".pnl", ".pr3", ".psd", ".pst", ".r3d", ".r3d_d3d", ".rcpnl",
    ".sdt", ".seq", ".sif", ".sld", ".sldy", ".sm2", ".sm3", ".spc", ".spe", ".spi", ".spl",
    ".stp", ".sxm", ".tfr", ".tim", ".vff", ".vms", ".vsi", ".vws", ".wat", ".wpi", ".xdce",
    ".xlef", ".xqd", ".xqf", ".xv", ".xys", ".zfp", ".zfr", ".zpo", ".zvi",
})
"""Those of Bio-Formats 7.3.1 that are no one else's here, without `LEFT_OUT`."""

LEFT_OUT = frozenset({
    ".csv", ".dat", ".db", ".htm", ".html", ".inf", ".log", ".mdb", ".txt", ".xml", ".zip",
    ".cfg", ".env", ".exp", ".hx", ".mod", ".par", ".res", ".scan", ".set", ".top", ".v",
    ".avi", ".eps", ".epsi", ".mng", ".mov", ".ps", ".wav",
    ".df3", ".ets", ".ids", ".lut", ".mtb", ".pty", ".thm", ".tnb", ".xlog",
    ".fake", ".pattern",
})
# fmt: on
"""What it would read, too, but stands for other things in a folder of images. A line each: tables
and texts; settings, models and code; films, sounds and documents; parts of images that another
file opens; Bio-Formats' own files."""
