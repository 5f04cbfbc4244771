"""CZI, through libCZI."""
