"""Says as JSON what rio-cogeo's validator thinks of GeoTIFFs.

usage: check_cog.py FILE...
"""
import json
import sys

from rio_cogeo.cogeo import cog_validate

report = {}
for path in sys.argv[1:]:
    is_valid, errors, warnings = cog_validate(path, strict=True, quiet=True)
    report[path] = {"valid": is_valid, "errors": errors, "warnings": warnings}
print(json.dumps(report))
