"""Reads a job description by programs of others, and prints what they find as JSON.

usage: check_jdl.py votable|wadl FILE
"""
import json
import sys
import warnings


def votable(path):
    from astropy.io.votable import parse

    warnings.simplefilter("error")
    resource = parse(path, verify="exception").resources[0]

    def text(value):
        return value.tolist() if hasattr(value, "tolist") else value

    def param(p):
        values = p.values
        return {
            "datatype": p.datatype,
            "xtype": p.xtype,
            "value": text(p.value),
            "unit": None if p.unit is None else str(p.unit),
            "ucd": p.ucd,
            "required": p.type != "no_query",
            "min": text(values.min),
            "max": text(values.max),
            "options": [o[1] for o in values.options],
            "annotation": p.description,
        }

    groups = {g.name: g for g in resource.groups}
    return {
        "name": resource.name,
        "type": resource.type,
        "utype": resource.utype,
        "annotation": resource.description,
        "params": {p.name: text(p.value) for p in resource.params},
        "parameters": {p.name: param(p) for p in groups["InputParams"].entries},
        "used": {g.name: {p.name: text(p.value) for p in g.entries} for g in groups["Used"].entries},
        "generated": {g.name: {p.name: text(p.value) for p in g.entries} for g in groups["Generated"].entries},
    }


def wadl(path):
    from wadllib.application import Application

    # The package knows the namespace of WADL's draft of 2006 alone; what is read here has stayed the same.
    with open(path, "rb") as file:
        data = file.read().replace(b"http://wadl.dev.java.net/2009/02", b"http://research.sun.com/wadl/2006/10")
    application = Application("http://localhost/application", data)
    resource = application.get_resource_by_path(sys.argv[3])
    method = resource.get_method("POST")
    params = method.request.params(["query"], resource)
    return {
        "methods": sorted(m.name for m in resource.method_iter),
        "url": resource.url,
        "params": {
            p.name: {
                "required": p.is_required,
                "type": p.tag.attrib.get("type"),
                "default": p.tag.attrib.get("default"),
                "options": [o.value for o in p.options],
            }
            for p in params
        },
        "types": [r.media_type for r in method.request.representations],
    }


print(json.dumps(votable(sys.argv[2]) if sys.argv[1] == "votable" else wadl(sys.argv[2])))
