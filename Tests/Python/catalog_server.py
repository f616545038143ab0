"""A web server with the manners, good and bad, of catalogues and archives; for tests, on loopback.

usage: catalog_server.py FOLDER
Prints "port N" once it listens. Paths:
  /files/NAME          a file of FOLDER, with ranges and an entity tag
  /tree/PATH           the same, of folders below it
  /breaking/N/NAME     the same, but every answer ends after N bytes
  /changing/NAME       the same, with another entity tag in every answer
  /busy/N/PATH         429 with Retry-After the first N times, then PATH
  /down/PATH           503 always
  /away/PATH           redirects to PATH on the other name of this host
  /secured/NAME        a file for those who bring sig=good; /sas/COLLECTION gives that as a token that has expired soon
  /api/…               a small STAC API by GET alone; /api/KIND/ has the faults that KIND says
  /m2m/ENDPOINT        the USGS's Machine-to-Machine API, as its documentation shows its answers
  /log                 what was asked so far, as JSON
"""

import hashlib
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

folder = sys.argv[1]
lock = threading.Lock()
log, counts = [], {}
m2m = {"key": None, "uses": 0, "logins": 0, "rounds": 0, "requested": {}}


def count(key):
    with lock:
        counts[key] = counts.get(key, 0) + 1
        return counts[key]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.handle_request(b"")

    def do_CONNECT(self):
        # As a proxy: what comes through the tunnel is answered here, whatever host it is for.
        with lock:
            log.append({"method": "CONNECT", "path": self.path, "headers": {}})
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        self.handle_request(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def handle_request(self, body):
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        parts = urlsplit(self.path)
        with lock:
            log.append({"method": self.command, "path": self.path, "body": body.decode("utf-8", "replace"),
                        "headers": {name.lower(): value for name, value in self.headers.items()}})
        try:
            self.route(parts.path, parse_qs(parts.query), body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def route(self, path, query, body):
        kind, _, rest = path.strip("/").partition("/")
        if kind == "files":
            self.send_file(rest)
        elif kind == "tree":
            self.send_file(unquote(rest), is_tree=True)
        elif kind == "breaking":
            size, _, name = rest.partition("/")
            self.send_file(name, most=int(size))
        elif kind == "changing":
            self.send_file(rest, tag=f'"{count(path)}"')
        elif kind == "busy":
            times, _, further = rest.partition("/")
            if count(path) <= int(times):
                return self.answer(429, {"message": "slow down"}, {"Retry-After": "0"})
            self.route("/" + further, query, body)
        elif kind == "down":
            self.answer(503, {"description": "closed for repairs, the token is sekret-token"})
        elif kind == "away":
            self.answer(302, {}, {"Location": f"http://localhost:{self.server.server_address[1]}/{rest}"})
        elif kind == "secured":
            if query.get("sig") != ["good"]:
                return self.answer(403, {"message": "no signature"})
            self.send_file(rest)
        elif kind == "sas":
            expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            self.answer(200, {"token": "sig=good", "msft:expiry": expiry})
        elif kind == "api":
            self.api(rest, query, body)
        elif kind == "m2m":
            self.m2m(rest, json.loads(body or b"null"))
        elif kind == "log":
            with lock:
                self.answer(200, list(log))
        else:
            self.answer(404, {"message": f"nothing at {path}"})

    def answer(self, status, value, headers=None):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_HEAD(self):
        self.handle_request(b"")

    def send_file(self, name, most=None, tag=None, is_tree=False):
        path = os.path.realpath(os.path.join(folder, name if is_tree else os.path.basename(unquote(name))))
        if not path.startswith(os.path.realpath(folder) + "/"):
            return self.answer(404, {"message": "outside"})
        if not os.path.isfile(path):
            return self.answer(404, {"message": f"no file {name}"})
        with open(path, "rb") as file:
            data = file.read()
        tag = tag or '"' + hashlib.md5(data).hexdigest() + '"'
        start, status = 0, 200
        wanted = self.headers.get("Range", "")
        end = len(data)
        if wanted.startswith("bytes="):
            first, _, last = wanted[6:].partition("-")
            start, status = int(first), 206
            if last:
                end = min(end, int(last) + 1)
            if start >= len(data):
                return self.answer(416, {}, {"Content-Range": f"bytes */{len(data)}", "ETag": tag})
        part = data[start:end]
        self.send_response(status)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", tag)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(part if most is None else part[:most])
        self.wfile.flush()
        if most is not None and most < len(part):
            self.close_connection = True

    # A STAC API

    def item(self, number):
        return {"type": "Feature", "stac_version": "1.0.0", "id": f"i{number}", "collection": "c", "links": [],
                "bbox": [number, 0, number + 1, 1], "properties": {"datetime": "2020-01-01T00:00:00Z",
                "eo:cloud_cover": 10 * number}, "assets": {"a": {"href": f"{self.base}/files/a.bin"}},
                "geometry": {"type": "Polygon", "coordinates":
                    [[[number, 0], [number + 1, 0], [number + 1, 1], [number, 1], [number, 0]]]}}

    def api(self, rest, query, body):
        kind, _, tail = rest.partition("/")
        if tail != "search":
            return self.answer(200, {"type": "Catalog", "id": kind, "stac_version": "1.0.0", "description": "x",
                "conformsTo": ["https://api.stacspec.org/v1.0.0/item-search"], "links": [{"rel": "search",
                "href": "search", "method": "GET"}]})
        page = int(query.get("page", ["0"])[0])

        def pages(items, following):
            links = [{"rel": "next", "href": f"search?page={following}"}] if following is not None else []
            self.answer(200, {"type": "FeatureCollection", "features": items, "links": links})

        if kind == "plain":
            pages([self.item(page * 2), self.item(page * 2 + 1)], page + 1 if page < 4 else None)
        elif kind == "circle":
            pages([self.item(page)], (page + 1) % 3)
        elif kind == "fresh":
            pages([self.item(count("fresh"))], 1)
        elif kind == "same":
            pages([self.item(0)], page + 1)
        elif kind == "endless":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"type":"FeatureCollection","features":[')
            while True:
                self.wfile.write(json.dumps(self.item(1)).encode() * 2000 + b",")
        elif kind == "deep":
            self.answer(200, b'{"features":' + b"[" * 200_000)
        elif kind == "latin":
            self.answer(200, '{"features": [], "title": "\xe9"}'.encode("latin-1"))
        elif kind == "html":
            self.answer(200, b"<html><title>Log in</title></html>")
        elif kind == "numbers":
            item = self.item(0)
            item["bbox"], item["properties"]["eo:cloud_cover"] = [1e308, -1e308, 10**400, 5], 10**60
            self.answer(200, {"features": [item, 5, None, [], {"id": 7}, {"type": "Feature"}]})
        else:
            self.answer(404, {"message": "no such API"})

    # The USGS's Machine-to-Machine API

    def m2m(self, endpoint, payload):
        def data(value, status=200, code=None, message=None):
            self.answer(status, {"requestId": 1, "version": "stable", "sessionId": 1, "data": value,
                                 "errorCode": code, "errorMessage": message})

        if endpoint == "login-token":
            if payload != {"username": "gauss", "token": "sekret-token"}:
                return data(None, 401, "AUTH_INVALID", f"User credential verification failed for {payload['token']}")
            m2m["logins"] += 1
            m2m["key"], m2m["uses"] = f"session-key-{m2m['logins']}", 0
            return data(m2m["key"])
        m2m["uses"] += 1
        key = self.headers.get("X-Auth-Token")
        # Sessions end after three requests.
        if key != m2m["key"] or m2m["uses"] > 3:
            return data(None, 403, "AUTH_EXPIRED", f"API key {key} has expired")
        if endpoint == "scene-search":
            if count("scene-search") == 1:
                return data(None, 200, "RATE_LIMIT", "Rate limit exceeded")
            scenes = [("LC80260472020016LGN00", "LC08_L2SP_026047_20200116_20200823_02_T1"),
                      ("LC80260472020032LGN00", "LC08_L2SP_026047_20200201_20200823_02_T1"),
                      ("LC90260472022013LGN01", "LC09_L2SP_026047_20220113_20230501_02_T1")]
            first = payload["startingNumber"] - 1
            some = scenes[first:first + 2]
            results = [{"entityId": entity, "displayId": display, "cloudCover": "7", "publishDate": "2020-08-23 00:00:00-05",
                        "spatialBounds": {"type": "Polygon", "coordinates":
                            [[[-100, 18], [-100, 20], [-98, 20], [-98, 18], [-100, 18]]]},
                        "temporalCoverage": {"startDate": "2020-01-16 00:00:00", "endDate": "2020-01-16 00:00:00"},
                        "options": {"bulk": True, "download": True, "order": False, "secondary": False}}
                       for entity, display in some]
            return data({"results": results, "recordsReturned": len(some), "totalHits": len(scenes), "numExcluded": 0,
                         "startingNumber": first + 1, "nextRecord": first + 3, "isCustomized": False})
        if endpoint == "download-options":
            return data([{"id": f"5e83d14f{code}", "displayId": entity, "entityId": entity, "datasetId": "5e83d14f30ea90a9",
                          "available": True, "filesize": 300000, "productName": name, "productCode": "D6",
                          "bulkAvailable": True, "downloadSystem": system, "secondaryDownloads": []}
                         for entity in payload["entityIds"]
                         for code, name, system in [("01", "Landsat Collection 2 Level-2 Product Bundle", "ls_zip"),
                                                    ("02", "Full Resolution Browse (Reflective Color) JPEG", "folder")]])
        if endpoint == "download-request":
            ready, preparing = [], []
            for number, wanted in enumerate(payload["downloads"]):
                entry = {"downloadId": 500 + number, "eulaCode": None, "url": f"{self.base}/files/scene.tar?requestSignature=s1gn"}
                m2m["requested"][wanted["entityId"]] = (500 + number, wanted["productId"])
                (ready if number == 0 else preparing).append(entry)
            return data({"availableDownloads": ready, "preparingDownloads": preparing, "duplicateProducts": [], "failed": [],
                         "newRecords": {str(500): payload["label"]}, "numInvalidScenes": 0, "remainingLimits": []})
        if endpoint == "download-retrieve":
            m2m["rounds"] += 1
            available, requested = [], []
            for place, (entity, (number, product)) in enumerate(m2m["requested"].items()):
                # The second scene takes until the second question; its file comes in pieces.
                path = "/files/scene.tar" if place == 0 else "/breaking/100000/scene.tar"
                entry = {"downloadId": number, "entityId": entity, "productId": product, "displayId": entity,
                         "productName": "Landsat Collection 2 Level-2 Product Bundle", "filesize": 300000,
                         "statusText": "Available", "url": f"{self.base}{path}?requestSignature=s1gn"}
                (available if place == 0 or m2m["rounds"] > 1 else requested).append(entry)
            return data({"eulas": [], "available": available, "requested": requested, "queueSize": len(requested)})
        if endpoint == "logout":
            m2m["key"] = None
            return data(None)
        data(None, 404, "ENDPOINT_UNAVAILABLE", f"Invalid endpoint {endpoint}")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


server = Server(("127.0.0.1", 0), Handler)
print(f"port {server.server_address[1]} ", flush=True)
server.serve_forever()
