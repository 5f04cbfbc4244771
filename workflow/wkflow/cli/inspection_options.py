"""The flags of the commands that look, and run no workflow."""

from argparse import ArgumentParser


def add_json(parser: ArgumentParser) -> None:
    """Add that of commands which print for programs, too."""
    parser.add_argument("--json", action="store_true", help="Print a JSON object for programs.")


def _add_links(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--follow-links",
        action="store_true",
        help="Also read mags that lie outside of the dataset's folder.",
    )


def add_server(parser: ArgumentParser) -> None:
    """Add those of commands that may talk to a server."""
    parser.add_argument(
        "--token", help="Token of your WEBKNOSSOS account; WK_TOKEN in the environment is safer."
    )
    parser.add_argument(
        "--ca-bundle", metavar="ca.pem", help="Certificates of a server to trust, as PEM."
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="Send the token over plain http, where others can read it.",
    )


def add_info(parser: ArgumentParser) -> None:
    """Add those of `wkflow info`."""
    parser.add_argument(
        "dataset", metavar="DATASET", help="Folder of a dataset, or its URL on a server."
    )
    add_json(parser)
    _add_links(parser)
    add_server(parser)
    parser.add_argument(
        "--verbose", action="store_true", help="Also print the server's chain of causes."
    )


def add_verify(parser: ArgumentParser) -> None:
    """Add those of `wkflow verify`."""
    parser.add_argument("dataset", metavar="DATASET", help="Folder of a dataset.")
    add_json(parser)
    _add_links(parser)
    parser.add_argument(
        "--work-dir",
        metavar="FOLDER",
        help="Run folder with the receipts; by default DATASET.wkflow and DATASET.downsample.",
    )
    parser.add_argument(
        "--decode",
        action="store_true",
        help="Decode all chunks, also where receipts say what was written.",
    )
    parser.add_argument(
        "--jobs", metavar="8", type=int, help="Threads that read and decode, by default all cores."
    )
    parser.add_argument("--quiet", action="store_true", help="Print errors only.")


def add_doctor(parser: ArgumentParser) -> None:
    """Add those of `wkflow doctor`."""
    add_json(parser)
    parser.add_argument(
        "--webknossos-url",
        metavar="URL",
        help="Also ask this server, and whose the token is; by default that of WK_URL, if there is "
        "WK_URL or WK_TOKEN.",
    )
    add_server(parser)


def add_view(parser: ArgumentParser) -> None:
    """Add those of `wkflow view`."""
    parser.add_argument(
        "dataset", metavar="DATASET", help="Folder of a dataset, or its URL on a server."
    )
    parser.add_argument(
        "--no-browser",
        dest="browser",
        action="store_false",
        help="Print the link, and open no browser.",
    )
    parser.add_argument(
        "--port",
        metavar="8080",
        type=int,
        default=0,
        help="Port to serve at; by default a free one.",
    )
    _add_links(parser)
    add_server(parser)
