"""Kubernetes: the executor against a stand-in of the API server, with the real client."""
