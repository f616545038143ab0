"""The job service under load: jobs in the store, clients that wait, the time of a page of the list.

usage: service_load.py ADDRESS USER PASSWORD JOBS WAITING

Makes jobs until there are so many, lets clients wait for one that then starts, and prints a line of JSON: jobs made each
second, milliseconds of a list of 100, of the web page with 100 and of a single job (median and 95 %), and until the last
waiting client had its answer.
"""

import asyncio
import base64
import json
import statistics
import sys
import time
from urllib.parse import urlsplit

address, user, password, jobs, waiting = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
parts = urlsplit(address)
HEAD = "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Client:
    """One connection that is kept."""

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection(parts.hostname, parts.port)
        return self

    async def ask(self, method, path, body=""):
        text = f"{method} {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{HEAD}\r\nAccept: application/xml\r\n"
        if method == "POST":
            text += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        self.writer.write((text + "\r\n" + body).encode())
        await self.writer.drain()
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        fields = {name.lower(): value for name, value in fields.items()}
        content = await self.reader.readexactly(int(fields.get("content-length", 0)))
        return int(head.split()[1]), fields, content


async def timed(client, path, times):
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        status, _, content = await client.ask("GET", path)
        spent.append((time.perf_counter() - start) * 1000)
        assert status == 200, content
    return {"median_ms": round(statistics.median(spent), 2), "p95_ms": round(sorted(spent)[int(len(spent) * 0.95)], 2)}


async def main():
    clients = [await Client().open() for _ in range(8)]
    start = time.perf_counter()

    async def make(client, number):
        for _ in range(number):
            status, _, content = await client.ask("POST", parts.path, "seconds=0")
            assert status == 303, content

    await asyncio.gather(*(make(client, jobs // len(clients)) for client in clients))
    made = time.perf_counter() - start
    status, fields, _ = await clients[0].ask("POST", parts.path, "seconds=0")
    job = urlsplit(fields["location"]).path
    result = {
        "jobs": jobs, "made_per_second": round(jobs / made),
        "list_of_100": await timed(clients[0], f"{parts.path}?LAST=100", 50),
        "page_of_100": await timed(clients[0], "/jobs", 50),
        "one_job": await timed(clients[0], job, 50),
    }
    crowd = [await Client().open() for _ in range(waiting)]
    tasks = [asyncio.create_task(client.ask("GET", f"{job}?WAIT=40&PHASE=PENDING")) for client in crowd]
    await asyncio.sleep(2)
    assert not any(task.done() for task in tasks), "a client did not wait"
    result["list_of_100_beside_waiting"] = await timed(clients[0], f"{parts.path}?LAST=100", 50)
    start = time.perf_counter()
    await clients[0].ask("POST", f"{job}/phase", "PHASE=ABORT")
    answers = await asyncio.gather(*tasks)
    result["waiting"] = waiting
    result["all_answered_ms"] = round((time.perf_counter() - start) * 1000)
    assert all(status == 200 and b"ABORTED" in content for status, _, content in answers)
    print(json.dumps(result))


asyncio.run(main())
