"""A web server for one file on this machine, with the faults of real ones."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves one file; `breaks` is how many answers stop halfway, `ranges` whether parts may be asked for.

    `status` answers with an error, `shift` gives another part than asked for, `mute` promises and sends nothing.
    """

    def __init__(self, content, *, breaks=0, ranges=True, status=200, shift=0, mute=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.breaks, self.ranges, self.status, self.shift = content, breaks, ranges, status, shift
        self.mute = mute
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/toy.pt"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *anything):
        pass

    def do_GET(self):
        server = self.server
        wanted = self.headers.get("Range")
        server.asked.append(wanted)
        start = int(wanted[6:-1]) if wanted and server.ranges else 0
        if server.status != 200:
            self.send_error(server.status)
            return
        if start >= len(server.content):
            self.send_error(416)
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        if start:
            place = f"bytes {start + server.shift}-{len(server.content) - 1}/{len(server.content)}"
            self.send_header("Content-Range", place)
        self.end_headers()
        if server.breaks:
            server.breaks -= 1
            body = body[: len(body) // 2]
        self.wfile.write(b"" if server.mute else body)
