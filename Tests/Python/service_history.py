"""Random clients of the job service, whose answers must have an order in which each is right.

usage: service_history.py ADDRESS USER PASSWORD SECONDS CLIENTS

ADDRESS is that of a job type which keeps parameters. Clients write and read parameters of a few shared jobs, every value
written once, while somebody kills the service and starts it again; a request that broke may have counted or not. Besides,
each client makes, runs, aborts and removes jobs of its own. Ends with 1 where an answer cannot be explained.
"""

import itertools
import random
import sys
import threading
import time

import requests
from lxml import etree

base, user, password, seconds, count = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), int(sys.argv[5])
UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"
FOLLOWERS = {
    "PENDING": {"PENDING", "QUEUED", "EXECUTING", "COMPLETED", "ERROR", "ABORTED"},
    "QUEUED": {"QUEUED", "EXECUTING", "COMPLETED", "ERROR", "ABORTED"},
    "EXECUTING": {"EXECUTING", "COMPLETED", "ERROR", "ABORTED", "SUSPENDED", "UNKNOWN"},
    "COMPLETED": {"COMPLETED"}, "ERROR": {"ERROR"}, "ABORTED": {"ABORTED"},
}
numbers = itertools.count()
writes, reads, problems = [], [], []
lock = threading.Lock()
end = time.monotonic() + seconds
broken = 0


class Client:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.session = requests.Session()
        self.session.auth = (user, password)

    def ask(self, method, url, data=None):
        """The answer; None where the connection broke."""
        global broken
        try:
            return self.session.request(method, url, data=data, allow_redirects=False, timeout=60)
        except requests.RequestException:
            broken += 1
            time.sleep(0.05)
            return None

    def insist(self, method, url, data=None):
        while True:
            answer = self.ask(method, url, data)
            if answer is not None:
                return answer

    def create(self, data):
        return self.insist("POST", base, data).headers["Location"]


def write(client, job):
    name, value = f"p{client.random.randrange(3)}", str(next(numbers))
    start = time.monotonic()
    answer = client.ask("POST", f"{job}/parameters", {name: value})
    finish = time.monotonic() if answer is not None else float("inf")
    if answer is None or answer.status_code == 303:
        writes.append((job, name, value, start, finish))
    else:
        problems.append(f"a write was answered by {answer.status_code}: {answer.text}")


def read(client, job):
    start = time.monotonic()
    answer = client.ask("GET", job)
    if answer is None:
        return
    finish = time.monotonic()
    if answer.status_code != 200:
        problems.append(f"a read was answered by {answer.status_code}: {answer.text}")
        return
    values = {item.get("id"): item.text for item in etree.fromstring(answer.content).iter(UWS + "parameter")}
    for name in ("p0", "p1", "p2"):
        reads.append((job, name, values.get(name), start, finish))


def live(client):
    """The whole life of a job of one's own: phases follow each other, and what was answered stays."""
    job = client.create({"seconds": "0.2"})
    phase = "PENDING"
    plan = client.random.choice(["run", "abort", "delete", "run and abort"])
    if "run" in plan:
        client.insist("POST", f"{job}/phase", {"PHASE": "RUN"})
    if "abort" in plan:
        client.insist("POST", f"{job}/phase", {"PHASE": "ABORT"})
    if plan == "delete":
        client.insist("DELETE", job)
        if client.insist("GET", job).status_code != 404:
            problems.append(f"{job} is there after its removal")
        return
    stop = time.monotonic() + 90
    while phase not in ("COMPLETED", "ERROR", "ABORTED") and time.monotonic() < stop:
        answer = client.insist("GET", f"{job}/phase")
        if answer.status_code != 200 or answer.text not in FOLLOWERS[phase]:
            problems.append(f"{job}: {phase} is followed by {answer.status_code} {answer.text}")
            return
        phase = answer.text
        time.sleep(0.1)
    if phase == "ERROR" or phase not in ("COMPLETED", "ABORTED") or (plan == "run" and phase != "COMPLETED"):
        problems.append(f"{job} ({plan}) ended in {phase}: {client.insist('GET', job + '/error').text}")


def work(seed, jobs):
    client = Client(seed)
    while time.monotonic() < end:
        chance = client.random.random()
        if chance < 0.45:
            write(client, client.random.choice(jobs))
        elif chance < 0.95:
            read(client, client.random.choice(jobs))
        else:
            live(client)


def check():
    """The conditions of a linearisable register whose values are written once."""
    written = {(job, name, value): (start, finish) for job, name, value, start, finish in writes}
    for key in {(job, name) for job, name, *_ in reads}:
        own = [(value, *span) for (job, name, value), span in written.items() if (job, name) == key]
        seen = sorted((start, finish, value) for job, name, value, start, finish in reads if (job, name) == key)
        for start, finish, value in seen:
            if value is None:
                if any(done < start for _, _, done in own):
                    problems.append(f"{key}: nothing was read after a write had been answered")
                continue
            if (*key, value) not in written:
                problems.append(f"{key}: '{value}' was read, which nobody wrote")
                continue
            began, done = written[(*key, value)]
            if finish < began:
                problems.append(f"{key}: '{value}' was read before it was written")
            if any(begin > done and over < start for _, begin, over in own):
                problems.append(f"{key}: '{value}' was read after a later write had been answered")
        last = None
        for start, finish, value in sorted(seen, key=lambda item: item[1]):
            if last and value and last[2] and value != last[2] and start > last[1]:
                if written[(*key, value)][1] < written[(*key, last[2])][0]:
                    problems.append(f"{key}: '{value}' was read after '{last[2]}', which was written later")
            last = (start, finish, value)


maker = Client(0)
shared = [maker.create({"p0": "-", "p1": "-", "p2": "-"}) for _ in range(4)]
for job in shared:
    for name in ("p0", "p1", "p2"):
        writes.append((job, name, "-", 0.0, time.monotonic()))
threads = [threading.Thread(target=work, args=(seed + 1, shared)) for seed in range(count)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for job in shared:
    read(maker, job)
check()
for problem in problems[:20]:
    print("PROBLEM:", problem)
print(f"{len(writes)} writes, {len(reads)} reads, {broken} broken connections, {len(problems)} problems")
sys.exit(1 if problems or not reads else 0)
