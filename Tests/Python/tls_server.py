"""The files of a folder by https on loopback, with byte ranges as GDAL asks for them.

usage: tls_server.py FOLDER CERTIFICATE KEY
Prints "port N" once it listens.
"""
import os
import re
import ssl
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

folder, certificate, key = sys.argv[1:]


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments):
        super().__init__(*arguments, directory=folder)

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        path = self.translate_path(self.path)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked or not os.path.isfile(path):
            return super().do_GET()
        with open(path, "rb") as file:
            data = file.read()
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        self.send_response(206 if first <= last else 416)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(max(0, last + 1 - first)))
        self.end_headers()
        self.wfile.write(data[first:last + 1])


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(f"port {server.server_address[1]} ", flush=True)
server.serve_forever()
