"""pyvo's UWS classes and the command `uws` of uws-client against a running service.

usage: uws_clients.py ADDRESS USER PASSWORD

ADDRESS is that of a job type with the parameters `seconds` and `fail`, which keeps others.
"""

import functools
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pyvo
import requests
from pyvo.dal.tap import AsyncTAPJob
from pyvo.io.uws import parse_job_list

base, user, password = sys.argv[1:4]
session = requests.Session()
session.auth = (user, password)


def check(text, condition, seen=""):
    print(("ok: " if condition else "BROKEN: ") + text, seen if not condition else "")
    if not condition:
        sys.exit(1)


# pyvo: AsyncTAPJob takes any UWS address.
location = session.post(base, data={"seconds": "1", "LANG": "ADQL"}, allow_redirects=False).headers["Location"]
job = AsyncTAPJob(location, session=session)
check("pyvo reads a job", job.phase == "PENDING" and job.owner == user, job.phase)
check("pyvo reads the duration", job.execution_duration is not None, job.execution_duration)
job.execution_duration = 123
check("pyvo sets the duration", session.get(location + "/executionduration").text == "123")
wanted = datetime.now(timezone.utc) + timedelta(days=3)
job.destruction = wanted
check("pyvo sets the destruction", session.get(location + "/destruction").text[:19] == wanted.isoformat()[:19])
check("pyvo reads the quote", job.quote is not None, job.quote)
job.run()
check("pyvo starts it", job.phase in ("QUEUED", "EXECUTING", "COMPLETED"), job.phase)
job.wait(timeout=60)
check("pyvo waits for its end", job.phase == "COMPLETED", job.phase)
job.raise_if_error()
check("pyvo finds the results", job.result_uris or job.results, job.results)
job.delete()
check("pyvo deletes it", session.get(location).status_code == 404)

location = session.post(base, data={"seconds": "300"}, allow_redirects=False).headers["Location"]
job = AsyncTAPJob(location, session=session)
job.run()
job.abort()
check("pyvo aborts one", job.phase == "ABORTED", job.phase)
location = session.post(base, data={"fail": "true"}, allow_redirects=False).headers["Location"]
job = AsyncTAPJob(location, session=session).run().wait(timeout=60)
try:
    job.raise_if_error()
    check("pyvo raises the error", False)
except pyvo.dal.DALQueryError as error:
    check("pyvo raises the error", "as asked" in str(error), error)
answer = session.get(base, stream=True)
answer.raw.read = functools.partial(answer.raw.read, decode_content=True)
check("pyvo reads the list", len(list(parse_job_list(answer.raw.read))) >= 2)

# uws-client: a command line.
def uws(*words):
    done = subprocess.run([sys.prefix + "/bin/uws", "--host", base + "/", "--user", user, "--password", password, *words],
                          capture_output=True, text=True, timeout=120)
    check("uws " + " ".join(words[:2]), done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr)
    return done.stdout


uws("list")
uws("job", "new", "seconds=0")
identifier = next(line.split()[-1] for line in uws("job", "new", "seconds=300").splitlines() if "ID" in line or "id" in line)
uws("job", "show", identifier)
uws("job", "set", identifier, "seconds=200")
uws("job", "run", identifier)
check("uws-client reads the phase", "QUEUED" in uws("job", "phase", identifier) or "EXECUTING" in uws("job", "phase", identifier))
uws("job", "abort", identifier)
check("uws-client aborts", "ABORTED" in uws("job", "phase", identifier))
uws("job", "delete", identifier)
check("uws-client lists by phase", identifier not in uws("list", "--aborted"))
