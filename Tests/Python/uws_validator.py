"""The scenarios of kristinriebe/uws-validator against a running service.

usage: uws_validator.py FOLDER SERVER PATH USER PASSWORD

FOLDER is the checkout (scripts/checkout.sh uws-validator); PATH that of a job type with the parameters `seconds` and `fail`.
Ends as behave does: with 1 where a scenario fails.
"""

import json
import os
import sys

from behave.__main__ import main
from lxml import etree

folder, server, path, user, password = sys.argv[1:]

# The steps are of Python 2, where lxml takes text that declares its encoding.
parse = etree.fromstring
etree.fromstring = lambda text, *rest: parse(text.encode() if isinstance(text, str) else text, *rest)

jobs = {"veryshort": {"seconds": "0"}, "short": {"seconds": "8"}, "long": {"seconds": "60"}, "error": {"fail": "true"}}
values = {
    "server": server, "base_url": path, "username": user, "password": password, "job_parameters": json.dumps(jobs),
    # What an answer at once may take, on a busy machine too; less than the short job and the service's longest wait.
    "requestdelay": "5",
}
os.chdir(folder)
words = [word for name, value in values.items() for word in ("-D", f"{name}={value}")]
sys.exit(main(["--no-color", "--format", "progress2", *words, "features"]))
