"""The process in which Bio-Formats runs: a file of its own, which imports nothing of wkflow.

Java survives no fork and does not get along with every library. Each line of standard input is a
request (JSON), each answer a line of JSON, followed by as many bytes as its `size` says:

    {"do": "open", "path": "/a/b.oib"}                               {"images": [...]}
    {"do": "read", "series": 0, "zct": [0, 0, 0],
     "region": [x, y, width, height]}                                {"size": n} and the voxels
    {"do": "close"}                                                  {}
    anything that fails                                              {"error": ..., "message": ...}

Opening closes what was open before. The process ends when its standard input does.
https://docs.openmicroscopy.org/bio-formats/
"""

import json
import os
import queue
import sys
import threading
from typing import Any, BinaryIO

import jpype

OPTIONS = (
    "-Xmx512m",
    "-Xrs",
    "-XX:+UseSerialGC",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
)

MUST_GROUP = 0
"""`FormatTools.MUST_GROUP`: an image of this format is spread over several files."""

CONTINUED = (".oir",)
"""Suffixes of files that go on in others when they get large; Bio-Formats calls that optional."""

TAIL_BYTES = 64
"""How much of the end of a region tells whether it was read."""

MARK = 0x5A

Json = dict[str, Any]


class Service:
    """Bio-Formats with one open file."""

    def __init__(self, jar: str, jvm: str) -> None:
        jpype.startJVM(jvm, *OPTIONS, classpath=[jar], ignoreUnrecognized=True)  # by Java 11
        java = jpype.JClass
        java("loci.common.DebugTools").setRootLevel("ERROR")  # before any reader: it is chatty
        factory = java("loci.common.services.ServiceFactory")()
        self.service = factory.getInstance(java("loci.formats.services.OMEXMLService"))
        self.tools = java("loci.formats.FormatTools")
        self.nanometer = java("ome.units.UNITS").NANOMETER
        self.fill = java("java.util.Arrays").fill
        self.reader = java("loci.formats.ImageReader")()

    def answer(self, request: Json) -> tuple[Json, bytes]:
        """Do what is asked for."""
        if request["do"] == "open":
            return {"images": self.open(request["path"])}, b""
        if request["do"] == "close":
            self.reader.close()
            return {}, b""
        voxels = self.read(request["series"], request["zct"], request["region"])
        return {"size": len(voxels)}, voxels

    def open(self, path: str) -> list[Json]:
        """Read the headers of a file: one entry for each image, without its smaller copies."""
        reader = self.reader
        reader.close()
        is_spread = reader.fileGroupOption(path) == MUST_GROUP
        reader.close()  # the question opened it
        reader.setGroupFiles(is_spread or path.lower().endswith(CONTINUED))
        reader.setFlattenedResolutions(False)
        reader.setOriginalMetadataPopulated(False)
        reader.setMetadataStore(self.service.createOMEXMLMetadata())
        reader.setId(path)
        return [self.shape(n) | self.about(n) for n in range(reader.getSeriesCount())]

    def shape(self, series: int) -> Json:
        """Tell of an image how its voxels lie."""
        reader = self.reader
        reader.setSeries(series)
        return {
            "size": [reader.getSizeX(), reader.getSizeY(), reader.getSizeZ()],
            "channels": reader.getEffectiveSizeC(),
            "frames": reader.getSizeT(),
            "samples": reader.getRGBChannelCount(),
            "is_interleaved": bool(reader.isInterleaved()),
            "is_little": bool(reader.isLittleEndian()),
            "type": str(self.tools.getPixelTypeString(reader.getPixelType())),
            "tile": [reader.getOptimalTileWidth(), reader.getOptimalTileHeight()],
            "files": [str(file) for file in reader.getSeriesUsedFiles() or ()],
        }

    def about(self, series: int) -> Json:
        """Tell names, colours, and the size of a voxel in nanometers."""
        store = self.reader.getMetadataStore()
        lengths = (
            store.getPixelsPhysicalSizeX(series),
            store.getPixelsPhysicalSizeY(series),
            store.getPixelsPhysicalSizeZ(series),
        )
        sizes = [None if length is None else length.value(self.nanometer) for length in lengths]
        return {
            "name": str(store.getImageName(series) or ""),
            "voxel_nm": [None if size is None else float(size) for size in sizes],
            "about_channels": [
                _channel(store.getChannelName(series, n), store.getChannelColor(series, n))
                for n in range(store.getChannelCount(series))
            ],
        }

    def read(self, series: int, zct: list[int], region: list[int]) -> bytes:
        """Give a region of a plane, in the file's byte order.

        Behind the end of a file many of its readers leave the buffer as it was, without a word.
        So what ends in zeros is read again, over something else.
        """
        reader = self.reader
        reader.setSeries(series)
        width = self.tools.getBytesPerPixel(reader.getPixelType()) * reader.getRGBChannelCount()
        buffer = jpype.JArray(jpype.JByte)(width * region[2] * region[3])
        plane = reader.getIndex(*zct)
        voxels = bytes(memoryview(reader.openBytes(plane, buffer, *region)))
        if not any(voxels[-TAIL_BYTES:]):
            self.fill(buffer, jpype.JByte(MARK))
            tail = bytes(memoryview(reader.openBytes(plane, buffer, *region)))[-TAIL_BYTES:]
            if tail.count(MARK) == len(tail):
                raise EOFError("it ends before its voxels do")
        return voxels


def _channel(name: Any, colour: Any) -> Json:  # noqa: ANN401 -- Java's
    rgb = colour and [colour.getRed(), colour.getGreen(), colour.getBlue()]
    return {"name": str(name or ""), "colour": rgb or None}


def _serve(requests: "queue.SimpleQueue[Json]", answers: BinaryIO, jar: str, jvm: str) -> None:
    service: Service | None = None
    while True:
        request = requests.get()
        try:
            service = service or Service(jar, jvm)
            header, voxels = service.answer(request)
        except Exception as error:  # noqa: BLE001 -- Java's and ours alike are told to the parent
            header, voxels = _fault(error), b""
        try:
            answers.write(json.dumps(header).encode() + b"\n")
            answers.write(voxels)
            answers.flush()
        except OSError:  # nobody listens any more
            os._exit(0)


def _fault(error: Exception) -> Json:
    words = error.getMessage() if isinstance(error, jpype.JException) else error
    return {"error": type(error).__name__.rpartition(".")[2], "message": str(words or "")}


def main(jar: str, jvm: str) -> None:
    """Answer until standard input ends, even in the middle of a long answer."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what Java prints does not get between the answers
    requests: queue.SimpleQueue[Json] = queue.SimpleQueue()
    work = threading.Thread(target=_serve, args=(requests, answers, jar, jvm), daemon=True)
    work.start()
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    os._exit(0)  # Java has threads that would keep the process


if __name__ == "__main__":
    main(*sys.argv[1:])
