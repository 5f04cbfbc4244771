"""DM3 and DM4 of Digital Micrograph."""
