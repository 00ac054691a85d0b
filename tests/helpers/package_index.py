"""A package index on loopback: small made-up wheels, one of which can break off."""

import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

VERSIONS = [f"{major}.99" for major in (*range(10), 99)]  # whatever upper bound a project sets
LARGE = 20_000_000  # bytes that a wheel unpacks to; hardly any when packed


class Index(ThreadingHTTPServer):
    """Has a wheel of every package."""

    daemon_threads = True

    def __init__(self, *, breaks_at: str = "", waits: bool = False, large: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.breaks_at = breaks_at
        self.large = large
        self.reached = threading.Event()
        self.may_break = threading.Event()
        if not waits:
            self.may_break.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.may_break.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Ignore a client that has disconnected."""

    @property
    def url(self) -> str:
        """The address for uv and pip."""
        return f"http://127.0.0.1:{self.server_port}/simple/"

    def environment(self, cache: Path) -> dict[str, Any]:
        """Return the variables that make uv and pip use this index, without retries."""
        return {
            "UV_DEFAULT_INDEX": self.url,
            "UV_CACHE_DIR": str(cache),
            "UV_HTTP_RETRIES": "0",
            "PIP_INDEX_URL": self.url,
            "PIP_FIND_LINKS": "",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_RETRIES": "0",
            "NO_PROXY": "127.0.0.1",
        }


class Handler(BaseHTTPRequestHandler):
    """Responds for the index."""

    server: Index
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send a page, metadata, a wheel or half of one."""
        folder, asked = self.path.strip("/").split("/")
        if folder == "simple":
            wheels = (
                f"{asked.replace('-', '_')}-{version}-py3-none-any.whl" for version in VERSIONS
            )
            links = (
                f'<a href="/files/{one}" data-dist-info-metadata="true">{one}</a>' for one in wheels
            )
            page = f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"
            self.respond(page.encode(), "text/html")
            return
        name, version = asked.split("-")[:2]
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        if asked.endswith(".metadata"):
            self.respond(metadata.encode())
        else:
            half = name.replace("_", "-") == self.server.breaks_at
            self.respond(self.wheel(f"{name}-{version}", metadata), half=half)

    def wheel(self, stem: str, metadata: str) -> bytes:
        """Return a wheel with nothing but metadata, and perhaps a large file."""
        info = f"{stem}.dist-info"
        files = {
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        if self.server.large:
            files[f"{stem}.data"] = "0" * LARGE
        record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, text in {**files, f"{info}/RECORD": record}.items():
                archive.writestr(path, text)
        return content.getvalue()

    def respond(
        self, content: bytes, kind: str = "application/octet-stream", *, half: bool = False
    ) -> None:
        """Send a whole response, or half of it."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if half else content)
        if half:
            self.wfile.flush()
            self.server.reached.set()
            self.server.may_break.wait()
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""
