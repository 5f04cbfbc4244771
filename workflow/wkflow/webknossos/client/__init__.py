"""WEBKNOSSOS over HTTP: the only place that knows its protocol, and the only one with a network."""
