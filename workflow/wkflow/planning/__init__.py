"""Before any job: find the layers, choose, cut, and plan."""
