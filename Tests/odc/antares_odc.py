"""A pytest plugin that runs the Open Data Cube's own integration tests on antares.

Level A: the schema is made by antares' `system init`; everything else is Python's.
Level B: the command lines `datacube` and `datacube-search` are antares'; the schema is Python's.

Environment: ANTARES_ODC_LEVEL (A or B), ANTARES_ODC_BIN (a folder with the links `datacube` and `datacube-search`),
ANTARES_ODC_REPORT (a file that gets a line per test: outcome, blank, name).

Left out, because they have nothing of ours in them: the postgis driver (environment `experimental`), the memory and
null drivers, and on level B tests without a command line.
"""

import os
import subprocess
from types import SimpleNamespace

import pytest

LEVEL = os.environ["ANTARES_ODC_LEVEL"]
PROGRAMS = os.environ["ANTARES_ODC_BIN"]
REPORT = os.environ["ANTARES_ODC_REPORT"]
UNAFFECTED = ("test_memory_index.py", "test_null_index.py", "test_postgis_index.py", "test_index_cloning.py")
# Without any configuration antares starts a database server of its own, where datacube gives up.
NOT_RUN = ("test_wrong_env_error_message",)
calls = 0


def run(program, arguments, **environment):
    """What antares prints, on both streams in order, and its exit code."""
    global calls
    calls += 1
    done = subprocess.run(
        [os.path.join(PROGRAMS, program), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **environment},
        timeout=120,
    )
    return done.stdout.decode(), done.returncode


def init_db(index, with_default_types=True, with_permissions=True):
    """Stands in for datacube's `Index.init_db`: `system init` of antares on the same database."""
    url = index._db._engine.url
    address = {
        "DB_HOSTNAME": url.host or url.query.get("host") or "",
        "DB_PORT": str(url.port or 5432),
        "DB_DATABASE": url.database,
        "DB_USERNAME": url.username or "",
    }
    options = [] if with_default_types else ["--no-default-types"]
    options += [] if with_permissions else ["--no-init-users"]
    output, code = run("datacube", ["system", "init", *options], **address)
    assert code == 0, output
    return "Created." in output


def invoke(runner, command, arguments=None, catch_exceptions=True, **_):
    """Stands in for click's `CliRunner.invoke`: the program of antares that goes by the command's name."""
    program = "datacube-search" if command.callback.__module__.endswith("search_tool") else "datacube"
    output, code = run(program, arguments or [])
    if program == "datacube-search" and code == 1 and "No products match search terms" in output:
        # Python's command lets this one through as an exception, which no program of its own can.
        raise ValueError(output)
    # Python sees its own -1; a shell sees 255 from both programs.
    code = -1 if code == 255 else code
    return SimpleNamespace(output=output, stdout=output, exit_code=code, exception=None, exc_info=None)


def pytest_configure():
    if LEVEL == "A":
        from datacube.index.postgres.index import Index

        Index.init_db = init_db
    else:
        from click.testing import CliRunner

        CliRunner.invoke = invoke


def is_ours(item):
    if LEVEL == "B" and item.originalname in NOT_RUN:
        return False
    if os.path.basename(item.nodeid.split("::")[0]) in UNAFFECTED or "experimental" in item.nodeid:
        return False
    return LEVEL == "A" or bool({"clirunner", "clirunner_raw"} & set(item.fixturenames))


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if not is_ours(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if is_ours(item)]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    outcomes = item.stash.setdefault(OUTCOMES, [])
    outcomes.append(report.outcome)
    if call.when == "teardown":
        worst = next((o for o in ("failed", "skipped") if o in outcomes), "passed")
        with open(REPORT, "a") as file:
            file.write(f"{worst} {item.nodeid}\n")


OUTCOMES = pytest.StashKey()


def pytest_sessionfinish():
    with open(REPORT, "a") as file:
        file.write(f"calls {calls}\n")
