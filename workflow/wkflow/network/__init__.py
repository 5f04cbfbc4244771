"""The ground of all HTTP: retries, errors, URLs, deadlines."""
