"""The rules of UWS 1.1, and what its clients ask for beyond the text, against a running service.

usage: uws_rules.py ADDRESS USER PASSWORD SCHEMA-FOLDER [OTHER-USER OTHER-PASSWORD]

ADDRESS is that of a job type with the parameters `seconds` and `fail`, which keeps others. The scenarios are those that
kristinriebe/uws-validator describes (account, joblist, job_basics, job_wait); the rules bear the sections of the
Recommendation. Prints a line for each rule that is broken, and how many hold.
"""

import re
import sys
import time
from datetime import datetime, timedelta, timezone

import requests
import xmlschema
from lxml import etree

UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
PHASES = "PENDING QUEUED EXECUTING COMPLETED ERROR ABORTED ARCHIVED HELD SUSPENDED UNKNOWN".split()

base, user, password, schema_folder = sys.argv[1:5]
others = tuple(sys.argv[5:7]) if len(sys.argv) > 6 else None
schema = xmlschema.XMLSchema(f"{schema_folder}/UWS.xsd")
session = requests.Session()
session.auth = (user, password)
session.headers["Accept"] = "application/xml,text/plain"
held, broken = 0, []


def rule(text, condition, seen=""):
    global held
    if condition:
        held += 1
    else:
        broken.append(text)
        print(f"BROKEN: {text} {seen}")


def document(answer):
    """The root of an answer, checked by the official schema."""
    rule(f"App. B: {answer.request.method} {answer.url} answers a document of the schema",
         schema.is_valid(answer.text), answer.text[:400])
    return etree.fromstring(answer.content)


def get(path="", **options):
    return session.get(base + path, **options)


def post(path, data=None, **options):
    return session.post(base + path, data=data, **options)


def text(root, name):
    found = root.find(UWS + name)
    return None if found is None else found.text


def create(parameters=None, run=False, path=""):
    """A new job: its address and its document."""
    answer = post(path, {**(parameters or {}), **({"PHASE": "RUN"} if run else {})}, allow_redirects=False)
    rule("2.2.3.1: creation answers 303 with the job's address", answer.status_code == 303, answer.text)
    address = answer.headers["Location"]
    rule("2.2.3.1: the address is below the list", re.fullmatch(re.escape(base) + r"/[^/]+", address), address)
    return address[len(base):], document(session.get(address))


def wait(path, until=("COMPLETED", "ERROR", "ABORTED"), seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        phase = get(path + "/phase").text
        if phase in until:
            return document(get(path))
        document(get(path + f"?WAIT=10&PHASE={phase}"))
    raise SystemExit(f"job {path} did not come to {until}")


def lists():
    root = document(get())
    rule("2.2.2.1: an empty list to begin with is a valid document", root.tag == UWS + "jobs" and len(root) == 0)
    rule("1.3: the list has version 1.1", root.get("version") == "1.1")
    rule("2.2.2: XML by its type", get().headers["Content-Type"].split(";")[0] in ("text/xml", "application/xml"))
    paths = [create({"seconds": "0"}, run=index % 2 == 0)[0] for index in range(4)]
    for path in paths[::2]:
        wait(path)
    rows = document(get()).findall(UWS + "jobref")
    rule("2.2.2.1: the list shows all jobs", len(rows) == 4)
    for row in rows:
        rule("App. B: jobref has an id and an address", row.get("id") and row.get(XLINK + "href"))
        rule("2.2.2.1: jobref's address answers the job",
             text(document(session.get(row.get(XLINK + "href"))), "jobId") == row.get("id"))
        rule("2.2.2.1: jobref has creationTime and phase", text(row, "creationTime") and text(row, "phase") in PHASES)
    for phase in PHASES:
        answer = get(f"?PHASE={phase}")
        rule(f"2.2.2.1: PHASE={phase} is answered", answer.status_code == 200)
        rule(f"2.2.2.1: PHASE={phase} lets through that phase alone",
             all(text(row, "phase") == phase for row in document(answer)))
    for phases in ("PENDING QUEUED", "EXECUTING COMPLETED", "COMPLETED ERROR", "ERROR ABORTED",
                   "PENDING QUEUED EXECUTING", "EXECUTING COMPLETED ARCHIVED", "COMPLETED ERROR ABORTED"):
        words = phases.split()
        rows = document(get("?" + "&".join(f"PHASE={word}" for word in words)))
        rule(f"2.2.2.1: {phases} is their union", all(text(row, "phase") in words for row in rows))
    for wrong in ("SUCCESS", "pending", "somenonsense", "1345"):
        rule(f"clients: PHASE={wrong} is an error", get(f"?PHASE={wrong}").status_code >= 400)
    for number in (1, 3, 254, 3423):
        rows = document(get(f"?LAST={number}"))
        rule(f"2.2.2.1: LAST={number} answers at most so many", len(rows) == min(number, 4))
        times = [text(row, "creationTime") for row in rows]
        rule("2.2.2.1: LAST answers the newest first", times == sorted(times, reverse=True))
    for wrong in ("0", "-1", "-254", "sometext"):
        rule(f"clients: LAST={wrong} is an error", get(f"?LAST={wrong}").status_code >= 400)
    for after in ("2015-10-26T09:15:35", "2015-10-26T09:00", "2015-10-26", "2015", "20151026", "2015-10-26 09:00",
                  "2015-10-26T09:00:00.000Z"):
        rule(f"2.2.2.1: AFTER={after} is a time", len(document(get("", params={"AFTER": after}))) == 4)
    for wrong in ("2015-26-10", "sometext", "2015-10-26T09", "2015-10-26T09:00+01:00"):
        rule(f"clients: AFTER={wrong} is an error", get(f"?AFTER={wrong}").status_code >= 400)
    shown = sorted(text(row, "creationTime") for row in document(get()))
    rule("clients: AFTER a time that was shown leaves out that job itself",
         len(document(get("", params={"AFTER": shown[1]}))) == 2)
    rule("2.2.2.1: filters are joined by and", len(document(get("?PHASE=COMPLETED&LAST=1"))) == 1
         and len(document(get("?PHASE=COMPLETED&AFTER=2015"))) == 2
         and len(document(get("?LAST=3&AFTER=2015-10-26T09:00"))) == 3)
    rule("2.2.2.1: a time to come lets through nothing", len(document(get("?AFTER=2100-01-01"))) == 0)
    for path in paths:
        session.delete(base + path)


def basics():
    path, root = create()
    for name in "jobId ownerId executionDuration phase startTime endTime destruction parameters results".split():
        rule(f"App. B: a job has {name}", root.find(UWS + name) is not None)
    rule("2.1.3: a new job is PENDING", text(root, "phase") == "PENDING")
    rule("1.3: the job has version 1.1", root.get("version") == "1.1")
    rule("taplint: jobId is the last element of the address", text(root, "jobId") == path.split("/")[-1])
    rule("CADC: times have milliseconds", re.fullmatch(r"\d{4}-..-..T..:..:..\.\d{3}Z", text(root, "creationTime")))
    rule("2.1.2: the owner is who made it", text(root, "ownerId") == user)
    for name, element in {"phase": "phase", "executionduration": "executionDuration", "destruction": "destruction",
                          "quote": "quote", "owner": "ownerId"}.items():
        answer = get(f"{path}/{name}")
        rule(f"2.2.2: {name} is plain text", answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain"))
        rule(f"taplint: {name} equals the document's", answer.text == (text(root, element) or ""))
    for name in ("parameters", "results"):
        rule(f"2.2.2: {name} is its element", document(get(f"{path}/{name}")).tag == UWS + name)
    rule("2.2.1: error answers", get(f"{path}/error").status_code == 200)

    answer = session.delete(base + path, allow_redirects=False)
    rule("2.2.3.2: DELETE answers 303 with the list", (answer.status_code, answer.headers["Location"]) == (303, base))
    rule("clients: the list answers after DELETE", document(get()).tag == UWS + "jobs")
    rule("2.2: a deleted job is 404", get(path).status_code == 404)
    path, _ = create()
    answer = post(path, {"ACTION": "DELETE"}, allow_redirects=False)
    rule("2.2.3.2: ACTION=DELETE destroys", answer.status_code == 303 and get(path).status_code == 404)
    rule("2.2: an unknown job is 404", get("/nosuchjob").status_code == 404 and get("/nosuchjob/phase").status_code == 404)
    rule("2.2: an unknown resource is 404", get("/nosuchjob/none").status_code == 404)

    path, _ = create()
    root = document(post(f"{path}/phase?PHASE=ABORT"))
    rule("validator: an abort by the query, without a body", text(root, "phase") == "ABORTED" and text(root, "endTime"))
    rule("2.2: RUN of an aborted job is 403", post(f"{path}/phase", {"PHASE": "RUN"}).status_code == 403)
    path, _ = create()
    rule("uws-client: PHASE=ABORT at the job", text(document(post(path, {"PHASE": "ABORT"})), "phase") == "ABORTED")
    rule("2.2: an unknown phase is refused", post(f"{path}/phase", {"PHASE": "DANCE"}).status_code >= 400)

    path, _ = create({"seconds": "0"})
    root = document(post(f"{path}/phase", {"PHASE": "RUN"}))
    rule("2.2.3.5: RUN leads to a phase that follows", text(root, "phase") in ("QUEUED", "EXECUTING", "COMPLETED"))
    root = wait(path)
    rule("2.1.3: it completes", text(root, "phase") == "COMPLETED" and text(root, "startTime") and text(root, "endTime"))
    rule("2.1.6: the quote is later than the start", text(root, "quote") > text(root, "startTime"))
    rule("2.1.11: parameters are fixed then", post(f"{path}/parameters", {"seconds": "5"}).status_code == 403)
    results = root.find(UWS + "results")
    for result in results:
        answer = session.get(result.get(XLINK + "href"))
        rule("2.2.2.3: a result is at its address with its type and size",
             answer.status_code == 200 and result.get("size") in (None, str(len(answer.content)))
             and answer.headers["Content-Type"].startswith(result.get("mime-type")))
    rule("1.4: result ids are unique", len({result.get("id") for result in results}) == len(results))
    href = results[0].get(XLINK + "href")
    whole = session.get(href)
    part = session.get(href, headers={"Range": "bytes=1-3"})
    rule("RFC 9110: ranges", part.status_code == 206 and part.content == whole.content[1:4])
    rule("RFC 9110: entity tags", session.get(href, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304)
    rule("RFC 9110: HEAD", session.head(href).headers["Content-Length"] == str(len(whole.content)))

    path, root = create({"seconds": "0"}, run=True)
    rule("2.2.3.1: created and started at once", text(root, "phase") in ("QUEUED", "EXECUTING", "COMPLETED"))
    path, root = create({"seconds": "0"}, path="?PHASE=RUN")
    rule("2.2.3.1: PHASE=RUN in the query", text(root, "phase") in ("QUEUED", "EXECUTING", "COMPLETED"))
    wait(path)

    path, _ = create({"fail": "true"}, run=True)
    root = wait(path)
    summary = root.find(UWS + "errorSummary")
    rule("2.1.7: a job that fails is in ERROR", text(root, "phase") == "ERROR" and summary is not None)
    rule("2.1.7: its summary says why", "as asked" in text(summary, "message"), text(summary, "message"))
    rule("2.1.7: the error can be read, with 200", get(f"{path}/error").status_code == 200 and "as asked" in get(f"{path}/error").text)
    rule("2.1.3: it has begun and ended", text(root, "startTime") and text(root, "endTime"))

    path, _ = create({"seconds": "300"}, run=True)
    wait(path, ("EXECUTING",))
    root = document(post(f"{path}/phase", {"PHASE": "ABORT"}))
    rule("2.2.3.6: a running job is aborted at once", text(root, "phase") == "ABORTED" and text(root, "endTime"))
    session.delete(base + path)
    rule("2.2.3.2: an aborted job can be removed at once", get(path).status_code == 404)
    path, _ = create({"seconds": "300"}, run=True)
    wait(path, ("EXECUTING",))
    session.delete(base + path)
    rule("2.2.3.2: a running job can be removed", get(path).status_code == 404)


def changes():
    path, _ = create({"seconds": "1", "Unknown": "kept", "RUNID": "näme <&>"})
    root = document(get(path))
    values = {item.get("id"): item.text for item in root.find(UWS + "parameters")}
    rule("CADC: unknown parameters are kept", values.get("Unknown") == "kept", values)
    rule("2.1.9: runId is given back as it came", text(root, "runId") == "näme <&>")
    rule("2.1.11: parameters by POST to parameters", post(f"{path}/parameters", {"SECONDS": "2"}).status_code == 200)
    rule("2.1.11: names whatever their capitals", get(f"{path}/parameters/seconds").text == "2")
    rule("2.1.11: parameters by POST to the job", post(path, {"seconds": "3"}).status_code == 200
         and get(f"{path}/parameters/seconds").text == "3")
    answer = session.put(base + f"{path}/parameters/seconds", data="4", headers={"Content-Type": "text/plain"})
    rule("2.1.11: PUT of a parameter", answer.status_code == 200 and get(f"{path}/parameters/seconds").text == "4")
    rule("taplint: RUNID to parameters", text(document(post(f"{path}/parameters", {"RUNID": "r2"})), "runId") == "r2")
    rule("ours: a value that the description does not allow is refused",
         post(f"{path}/parameters", {"seconds": "-1"}).status_code == 400
         and post("", {"seconds": "many"}).status_code == 400)
    rule("2.2.3.4: executionduration", text(document(post(f"{path}/executionduration", {"EXECUTIONDURATION": "77"})), "executionDuration") == "77")
    root = document(get(path))
    rule("2.1.6: the quote follows the duration", text(root, "quote")[:19] == (
        datetime.fromisoformat(text(root, "creationTime")[:19]) + timedelta(seconds=77)).isoformat(), text(root, "quote"))
    for wrong in ("-1", "long", "1e99"):
        rule(f"clients: EXECUTIONDURATION={wrong} is refused",
             post(f"{path}/executionduration", {"EXECUTIONDURATION": wrong}).status_code >= 400)
    soon = (datetime.now(timezone.utc) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    root = document(post(f"{path}/destruction", {"DESTRUCTION": soon}))
    rule("2.2.3.3: destruction, with microseconds as pyvo writes it", text(root, "destruction")[:19] == soon[:19])
    for wrong in ("tomorrow", "2015-26-10"):
        rule(f"clients: DESTRUCTION={wrong} is refused", post(f"{path}/destruction", {"DESTRUCTION": wrong}).status_code >= 400)
    session.delete(base + path)

    files = {"table": ("a b.csv", b"1,2\n\x00\xff", "text/csv")}
    answer = session.post(base, data={"seconds": "0", "list": "param:table"}, files=files, allow_redirects=False)
    path = answer.headers["Location"][len(base):]
    item = next(item for item in document(get(path)).find(UWS + "parameters") if item.get("id") == "list")
    rule("2.2.3.1.1: an uploaded value is by reference", item.get("byReference") == "true")
    rule("2.2.3.1.1: and is served", session.get(item.text).content == b"1,2\n\x00\xff" and item.text.endswith("/parameters/list"))
    session.delete(base + path)

    files["rows"] = ("b.csv", b"3,4", "text/csv")
    answer = session.post(base, data={"seconds": "0", "UPLOAD": "list,param:table;more,param:rows"}, files=files,
                          allow_redirects=False)
    path = answer.headers["Location"][len(base):]
    rule("DALI 3.4.5: UPLOAD names each file's parameter", get(f"{path}/parameters/list").content == b"1,2\n\x00\xff"
         and get(f"{path}/parameters/more").content == b"3,4")
    session.delete(base + path)
    answer = session.post(base, data={"seconds": "0"}, files={"list": files["rows"]}, allow_redirects=False)
    path = answer.headers["Location"][len(base):]
    rule("ours: a file under a parameter's own name", get(f"{path}/parameters/list").content == b"3,4")
    session.delete(base + path)

    path, _ = create({"seconds": "300", "EXECUTIONDURATION": "2"}, run=True)
    root = wait(path)
    rule("2.1.4: passing the duration is an abort", text(root, "phase") == "ABORTED")
    path, _ = create({"seconds": "0"})
    post(f"{path}/destruction", {"DESTRUCTION": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")})
    root = wait(path, ("ARCHIVED",))
    rule("2.1.5: at its destruction a job is archived without results", len(root.find(UWS + "results")) == 0)
    identifier = path[1:]
    rule("2.2.2.1: archived jobs are not in the list", identifier not in [row.get("id") for row in document(get())])
    rule("2.2.2.1: but with PHASE=ARCHIVED", identifier in [row.get("id") for row in document(get("?PHASE=ARCHIVED"))])


def blocking():
    def timed(path):
        start = time.time()
        answer = get(path)
        return time.time() - start, document(answer)

    path, _ = create({"seconds": "0"})
    for phase in PHASES[1:]:
        seconds, _ = timed(f"{path}?WAIT=10&PHASE={phase}")
        rule(f"2.2.1.2: WAIT with PHASE={phase} of a PENDING job answers at once", seconds < 1.5, seconds)
    seconds, _ = timed(f"{path}?WAIT=3")
    rule("2.2.1.2: WAIT blocks in PENDING", 2.9 < seconds < 5, seconds)
    seconds, _ = timed(f"{path}?WAIT=3&PHASE=PENDING")
    rule("2.2.1.2: WAIT with the present phase blocks", 2.9 < seconds < 5, seconds)
    seconds, _ = timed(f"{path}?WAIT=-1")
    rule("2.2.1.2: WAIT=-1 ends within a connection's time", 2 < seconds < 61, seconds)
    rule("clients: a wrong WAIT is refused", get(f"{path}?WAIT=long").status_code == 400)
    post(f"{path}/phase", {"PHASE": "ABORT"})
    seconds, _ = timed(f"{path}?WAIT=100")
    rule("2.2.1.2: WAIT answers at once when a job has ended", seconds < 1.5, seconds)
    path, _ = create({"seconds": "3"}, run=True)
    document(get(f"{path}?WAIT=60&PHASE=QUEUED"))
    seconds, root = timed(f"{path}?WAIT=15&PHASE=EXECUTING")
    rule("2.2.1.2: WAIT answers when the phase changes", 0.5 < seconds < 14 and text(root, "phase") == "COMPLETED", seconds)


def security():
    rule("validator: an empty user and password is nobody", requests.get(base, auth=("", "")).status_code == 401)
    rule("3: without an account", requests.get(base).status_code == 401 and requests.post(base).status_code == 401)
    rule("3: a wrong password", requests.get(base, auth=(user, "wrong-password")).status_code == 401)
    if others is None:
        return
    path, _ = create({"seconds": "0"})
    for method, part in (("GET", ""), ("GET", "/phase"), ("GET", "/parameters"), ("POST", "/phase?PHASE=RUN"), ("DELETE", "")):
        answer = requests.request(method, base + path + part, auth=others)
        rule(f"3: {method} of another's job{part} is 403", answer.status_code == 403, answer.status_code)
    listed = etree.fromstring(requests.get(base, auth=others).content)
    rule("3: another's jobs are not in the list", len(listed) == 0)


def synchronous():
    sync = base.replace("/rest/", "/sync/")
    answer = session.get(sync, params={"seconds": "0"}, allow_redirects=False)
    rule("5: /sync answers 303 to the job", answer.status_code == 303 and answer.headers["Location"].startswith(sync + "/"))
    answer = session.get(answer.headers["Location"])
    rule("5: and ends in the main result", answer.status_code == 200 and "/results/" in answer.url, answer.url)
    rule("5: POST as well", session.post(sync, data={"seconds": "0"}).status_code == 200)
    rule("5: a failed one is an error", session.get(sync, params={"fail": "true"}).status_code >= 400)


def cadc():
    """What opencadc's cadc-test-uws asks for: its client names no type of answer, and sends forms without fields."""
    client = requests.Session()
    client.auth = (user, password)
    client.headers["Accept"] = None

    def change(address, fields):
        answer = client.post(address, data=fields, allow_redirects=False)
        rule(f"CADC: {address} answers 303 to the job", (answer.status_code, answer.headers.get("Location")) == (303, job))

    def plain(name):
        answer = client.get(f"{job}/{name}")
        rule(f"CADC: {name} is text/plain", answer.headers["Content-Type"].split(";")[0] == "text/plain")
        return answer.text

    def instant(value):
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)

    start = datetime.now(timezone.utc)
    answer = client.post(base, headers={"Content-Type": "application/x-www-form-urlencoded"}, allow_redirects=False)
    rule("CADC: a job without parameters", answer.status_code == 303)
    job = answer.headers["Location"]
    answer = client.get(job)
    rule("CADC: a job is text/xml where nothing else is asked for", answer.headers["Content-Type"].split(";")[0] == "text/xml")
    root = document(answer)
    for name in ("phase", "executionDuration", "destruction", "quote", "results"):
        rule(f"CADC: a job has one {name}", len(root.findall(UWS + name)) == 1)
    for name in ("runId", "errorSummary", "jobInfo"):
        rule(f"CADC: a job without parameters has no {name}", root.find(UWS + name) is None)
    rule("CADC: the phase alone", plain("phase") == "PENDING")
    rule("CADC: the quote of a job that waits is to come", instant(plain("quote")) > start)
    first = instant(plain("destruction"))
    rule("CADC: the destruction is to come", first > start)
    asked = start + (first - start) / 2
    change(f"{job}/destruction", {"DESTRUCTION": asked.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]})
    rule("CADC: the destruction to 3 ms", abs(instant(plain("destruction")) - asked) < timedelta(milliseconds=3))
    change(f"{job}/executionduration", {"EXECUTIONDURATION": "99999"})
    rule("CADC: the duration is a whole number", plain("executionduration").isdigit())
    change(f"{job}/parameters", {"parameter name": "parameter value"})
    values = {item.get("id"): item.text for item in document(client.get(f"{job}/parameters"))}
    rule("CADC: a parameter with a blank in its name", values.get("parameter name") == "parameter value", values)
    change(f"{job}/phase", {"PHASE": "ABORT"})
    rule("CADC: the phase of an aborted job", plain("phase") == "ABORTED")
    answer = client.delete(job, allow_redirects=False)
    rule("CADC: DELETE leads to the list", (answer.status_code, answer.headers["Location"]) == (303, base))
    answer = client.post(base, data={"RUNID": "123", "runId": "INTTEST"}, allow_redirects=False)
    job = answer.headers.get("Location")
    rule("CADC: a job with RUNID and runId", answer.status_code == 303, answer.text)
    rule("CADC: has one of them", text(document(client.get(job)), "runId") in ("123", "INTTEST"))
    answer = client.post(job, data={"ACTION": "DELETE"}, allow_redirects=False)
    rule("CADC: ACTION=DELETE leads to the list", (answer.status_code, answer.headers["Location"]) == (303, base))
    answer = client.post(base, data="<target/>", headers={"Content-Type": "text/xml"}, allow_redirects=False)
    rule("ours: a job description in XML, which no job type takes, is refused", answer.status_code == 415, answer.text)


for part in (lists, basics, changes, blocking, security, synchronous, cadc):
    part()
print(f"{held} rules hold, {len(broken)} are broken")
sys.exit(1 if broken else 0)
