"""`python -m wkflow` is `wkflow`."""

import sys

from wkflow.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
