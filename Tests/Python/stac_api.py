"""A STAC API (stac-fastapi with pgstac) on loopback with the items of static catalogues.

usage: stac_api.py SOCKET-FOLDER PORT USER DATABASE CATALOGUE...
Each catalogue is a folder with collection.json and items in folders below, or such folders. References of assets that are
relative become addresses below ANTARES_TEST_FILES. Prints "port N" once it listens.
"""

import glob
import json
import os
import socket
import sys
from contextlib import asynccontextmanager
from urllib.parse import quote

host, port, user, database, *catalogues = sys.argv[1:]
dsn = f"postgresql://{quote(user)}@/{database}?host={quote(host, safe='')}&port={port}"
files = os.environ["ANTARES_TEST_FILES"]
for name, value in {"PGHOST": "x", "PGPORT": port, "PGUSER": user, "PGPASSWORD": "", "PGDATABASE": database,
                    "DB_MIN_CONN_SIZE": "1", "DB_MAX_CONN_SIZE": "3"}.items():
    os.environ[name] = value

from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods
from pypgstac.migrate import Migrate

os.environ.pop("PGHOST")
db = PgstacDB(dsn=dsn)
Migrate(db).run_migration()
loader = Loader(db=db)
collections, items = [], []
for catalogue in catalogues:
    for path in sorted(glob.glob(f"{catalogue}/**/*.json", recursive=True)):
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        if document.get("type") == "Collection":
            document["links"] = []
            collections.append(document)
        elif document.get("type") == "Feature":
            below = os.path.relpath(os.path.dirname(path), catalogue)
            for asset in document["assets"].values():
                if "://" not in asset["href"]:
                    place = os.path.normpath(os.path.join(below, asset["href"]))
                    asset["href"] = f"{files}/{quote(place)}"
            document["links"] = []
            items.append(document)
loader.load_collections(iter(collections), insert_mode=Methods.upsert)
loader.load_items(iter(items), insert_mode=Methods.upsert)
db.close()

os.environ["PGHOST"] = "x"
import uvicorn
from stac_fastapi.pgstac import config
from stac_fastapi.pgstac.app import instantiate_api
from stac_fastapi.pgstac.db import close_db_connection, connect_to_db

# Its own address cannot name the folder of a socket.
config.PostgresSettings.connection_string = property(lambda self: dsn)


@asynccontextmanager
async def lifespan(app):
    await connect_to_db(app)
    print(f"port {listener.getsockname()[1]} ", flush=True)
    yield
    await close_db_connection(app)


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
uvicorn.Server(uvicorn.Config(instantiate_api(lifespan=lifespan).app, log_level="warning")).run(sockets=[listener])
