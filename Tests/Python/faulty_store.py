"""An S3 server's troubled front: passes requests on, but for those that its rules spoil.

usage: faulty_store.py UPSTREAM RULES
Each line of the file RULES, read anew for every request, is METHOD, TEXT and DEED: a request of that method whose path
holds the text is spoilt. Deeds: drop (takes half of the body, then hangs up), busy (answers 503 the first two times),
broken (answers 500 every time), mute (never answers).
"""
import http.client
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

upstream, rules = sys.argv[1], sys.argv[2]
seen, lock = {}, threading.Lock()


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def deed(self):
        for line in open(rules).read().splitlines():
            method, text, deed = line.split()
            if method == self.command and text in self.path:
                return deed
        return None

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        deed = self.deed()
        if deed == "drop":
            self.rfile.read(size // 2)
            self.close_connection = True
            self.connection.close()
            return
        if deed == "mute":
            time.sleep(3600)
        body = self.rfile.read(size)
        with lock:
            seen[self.path] = seen.get(self.path, 0) + 1
            times = seen[self.path]
        if deed == "broken" or deed == "busy" and times <= 2:
            text = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
            self.send_response(503 if deed == "busy" else 500)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            return
        connection = http.client.HTTPConnection(upstream)
        connection.request(self.command, self.path, body, dict(self.headers))
        reply = connection.getresponse()
        content = reply.read()
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        length = reply.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
server.daemon_threads = True
print(f"Listening on port {server.server_port} now", flush=True)
server.serve_forever()
