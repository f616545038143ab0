"""Writes a small MOD13Q1 file in HDF-EOS 2, as its makers lay it out: grids as groups of HDF4 with their place in a text.

usage: hdf_eos.py FILE
A value is 1000 + 50 row + column in NDVI, twice that in EVI.
"""
import sys

import numpy
from pyhdf.HDF import HC, HDF
from pyhdf.SD import SD, SDC
from pyhdf.V import *  # noqa: F403 (gives HDF files their method vgstart)

path, grid, rows, columns = sys.argv[1], "MODIS_Grid_16DAY_250m_500m_VI", 40, 50
fields = ["250m 16 days NDVI", "250m 16 days EVI"]
size = 231.65635826395
left, top = -5559752.598333, -1111950.519667
corner = f"({left + columns * size:.6f},{top - rows * size:.6f})"
listed = "".join(
    f'\t\t\tOBJECT=DataField_{n}\n\t\t\t\tDataFieldName="{name}"\n\t\t\t\tDataType=DFNT_INT16\n'
    f'\t\t\t\tDimList=("YDim","XDim")\n\t\t\tEND_OBJECT=DataField_{n}\n'
    for n, name in enumerate(fields, 1)
)
text = f"""GROUP=SwathStructure
END_GROUP=SwathStructure
GROUP=GridStructure
\tGROUP=GRID_1
\t\tGridName="{grid}"
\t\tXDim={columns}
\t\tYDim={rows}
\t\tUpperLeftPointMtrs=({left:.6f},{top:.6f})
\t\tLowerRightMtrs={corner}
\t\tProjection=GCTP_SNSOID
\t\tProjParams=(6371007.181000,0,0,0,0,0,0,0,0,0,0,0,0)
\t\tSphereCode=-1
\t\tGROUP=Dimension
\t\tEND_GROUP=Dimension
\t\tGROUP=DataField
{listed}\t\tEND_GROUP=DataField
\t\tGROUP=MergedFields
\t\tEND_GROUP=MergedFields
\tEND_GROUP=GRID_1
END_GROUP=GridStructure
GROUP=PointStructure
END_GROUP=PointStructure
END
"""
base = 1000 + 50 * numpy.arange(rows)[:, None] + numpy.arange(columns)
file = SD(path, SDC.WRITE | SDC.CREATE | SDC.TRUNC)
file.attr("HDFEOSVersion").set(SDC.CHAR, "HDFEOS_V2.19")
file.attr("StructMetadata.0").set(SDC.CHAR, text)
references = []
for factor, name in enumerate(fields, 1):
    field = file.create(name, SDC.INT16, (rows, columns))
    field.dim(0).setname(f"YDim:{grid}")
    field.dim(1).setname(f"XDim:{grid}")
    field.setfillvalue(-3000)
    field[:] = (base * factor).astype("int16")
    references.append(field.ref())
    field.endaccess()
file.end()
file = HDF(path, HC.WRITE)
groups = file.vgstart()
parts = {}
for name, kind in [(grid, "GRID"), ("Data Fields", "GRID Vgroup"), ("Grid Attributes", "GRID Vgroup")]:
    parts[name] = groups.create(name)
    parts[name]._class = kind
for reference in references:
    parts["Data Fields"].add(HC.DFTAG_NDG, reference)
for name in ["Data Fields", "Grid Attributes"]:
    parts[grid].insert(parts[name])
for group in parts.values():
    group.detach()
groups.end()
file.close()
