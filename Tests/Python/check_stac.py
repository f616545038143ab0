"""Checks static catalogues by pystac: against STAC's own schemas, which come with it, and against those of the extensions that
the documents declare, as the package eopf carries them. Nothing is fetched.

usage: check_stac.py FOLDER...
Prints a line for each collection: its id, and the extensions that its items declare.
"""

import json
import pathlib
import re
import sys
import sysconfig

import pystac
from pystac.validation.stac_validator import JsonSchemaSTACValidator

known = {}
for path in pathlib.Path(sysconfig.get_path("purelib"), "eopf/product/stac_extensions/extensions").glob("*.json"):
    schema = json.loads(path.read_text())
    known[schema["$id"].rstrip("#")] = schema

lines = []
for root in sys.argv[1:]:
    catalog = pystac.Catalog.from_file(root + "/catalog.json")
    collections = list(catalog.get_children())
    for thing in [catalog, *collections, *catalog.get_items(recursive=True)]:
        place = thing.get_self_href()
        data = json.loads(pathlib.Path(place).read_text())
        validator = JsonSchemaSTACValidator()
        validator.schema_cache.update(known)
        validator.validate_core(data, thing.STAC_OBJECT_TYPE, data["stac_version"], place)
        for extension in data.get("stac_extensions", []):
            assert extension in known, f"{place} declares {extension}"
            validator.validate_extension(data, thing.STAC_OBJECT_TYPE, data["stac_version"], extension, place)
    for collection in collections:
        used = {re.search("io/(.+?)/", name)[1] for item in collection.get_items() for name in item.stac_extensions}
        lines.append(f"{collection.id}: {' '.join(sorted(used))}")
print("\n".join(sorted(lines)))
