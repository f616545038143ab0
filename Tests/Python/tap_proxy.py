"""A proxy in front of the job service for STILTS taplint, which cannot log in and wants the capabilities of a TAP service.

usage: tap_proxy.py PORT-OF-THE-SERVICE JOB-TYPE USER PASSWORD

Prints `port N `. Adds the user's Authorization and the headers of a proxy to every request.
"""

import base64
import http.client
import http.server
import sys

service, kind, user, password = int(sys.argv[1]), *sys.argv[2:5]
authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
CAPABILITIES = """<?xml version="1.0"?>
<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0"
    xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">
    <interface xsi:type="vs:ParamHTTP" role="std" version="1.1"><accessURL use="base">{base}</accessURL></interface>
    <language><name>ADQL</name><version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version></language>
    <outputFormat><mime>text/xml</mime></outputFormat>
  </capability>
</vosi:capabilities>"""


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        if self.path.startswith("/capabilities"):
            return self.answer(200, [("Content-Type", "text/xml")], CAPABILITIES.format(base=f"http://{address}/rest").encode())
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection("127.0.0.1", service, timeout=120)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        headers |= {"Authorization": authorization, "X-Forwarded-Host": address, "X-Forwarded-Proto": "http",
                    "X-Forwarded-For": "192.0.2.7"}
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        kept = [(name, value) for name, value in answer.getheaders()
                if name.lower() not in ("content-length", "transfer-encoding", "connection")]
        return self.answer(answer.status, kept, content)

    def answer(self, status, headers, content):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = forward

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
address = f"127.0.0.1:{server.server_port}"
print(f"port {server.server_port} ", flush=True)
server.serve_forever()
