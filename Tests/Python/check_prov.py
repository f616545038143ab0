"""Reads provenance with the Python package prov, and prints what it finds as JSON.

usage: check_prov.py json|xml FILE
"""
import json
import sys

from prov.model import Literal, ProvDocument

document = ProvDocument.deserialize(sys.argv[2], format=sys.argv[1])
elements, relations = {}, []
for record in document.get_records():
    kind = type(record).__name__
    if record.is_element():
        elements[str(record.identifier)] = {
            "kind": kind,
            "label": str(record.label),
            "attributes": {str(n): str(v.value if isinstance(v, Literal) else v) for n, v in record.attributes},
        }
    else:
        ends = [str(value) for _, value in record.formal_attributes[:2]]
        role = [str(value) for name, value in record.extra_attributes if str(name) == "prov:role"]
        relations.append([kind] + ends + role)
print(json.dumps({"elements": elements, "relations": sorted(relations), "provn": document.get_provn()}))
