"""The process of the stand-in: it is ended, begun again, and spoken to over TLS."""

import http.client
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from tests.standin.sender import Sender, source
from tests.standin.server import Standin, standin_in


def test_a_killed_server_goes_on(tmp_path: Path) -> None:
    """Users, uploads, chunks and datasets are there again, at the same address."""
    with standin_in(tmp_path, api=16, faults={"hole": {"routes": ["nothing"]}}) as standin:
        url, done, sender = standin.url, Sender(standin, 16), Sender(standin, 16)
        key = done.publish()
        sender.reserve(2)
        sender.send("color/1/a")
        standin.kill()
        with pytest.raises(requests.ConnectionError):
            sender.test("color/1/a")
        standin.restart()
        assert standin.url == url
        assert sender.test("color/1/a").status_code == 200
        sender.send("datasource-properties.json", source())
        assert sender.finish().status_code == 200
        assert key in [one["id"] for one in standin.datasets()]
        assert len(standin.datasets()) == 2


def test_broken_bodies_leave_nothing(tmp_path: Path) -> None:
    """A client that ends in mid-chunk has sent no chunk."""
    with Standin.start(tmp_path) as standin:
        sender = Sender(standin, 16)
        sender.reserve()
        host, port = standin.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(
                b"POST /data/datasets HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n"
                b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
                b'Content-Disposition: form-data; name="file"; filename="u"\r\n\r\nabc'
            )
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100) == b""
        assert standin.log()["requests"]["chunk"] == {"dropped": 1}
        assert list((tmp_path / "spool").iterdir()) == []


def test_connections_are_kept(tmp_path: Path) -> None:
    """Answer after answer comes on one connection, a refused chunk's too."""
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="u"\r\n\r\nabc\r\n--b--\r\n'
    )
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    with Standin.start(tmp_path) as standin:
        connection = http.client.HTTPConnection(standin.url.removeprefix("http://"), timeout=9)
        connection.connect()
        first = connection.sock
        for _ in range(3):
            connection.request("GET", "/api/v16/user")
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (401, True)
            connection.request("POST", "/data/datasets", form, kind)
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (400, True)
            assert connection.sock is first
        connection.close()


def test_options_name_the_folders(tmp_path: Path) -> None:
    """The root folder has another name than the organization in many an instance."""
    with Standin.start(tmp_path, root_folder="Datasets", no_datastore=True) as standin:
        tree = Sender(standin, 16).ask("GET", "/folders/tree").json()
        assert "Datasets" in [one["name"] for one in tree]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="nothing makes certificates here")
def test_certificates_are_shown(tmp_path: Path) -> None:
    """Who trusts the certificate is served, who does not is not."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
         certificate, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    with Standin.start(tmp_path / "state", tls=(certificate, key)) as standin:
        assert standin.url.startswith("https://")
        sender = Sender(standin, 16)
        assert sender.ask("GET", "/user").status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            sender.ask("GET", "/user", verify=True)
