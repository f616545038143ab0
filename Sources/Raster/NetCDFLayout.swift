import CNetCDF
import Foundation
import Geo

/// Defines the Open Data Cube's CF layout in a new file; to be used within `NetCDFLock`.
struct NetCDFLayout {
    let file: Int32
    let path: String

    /// Writes everything but the pixels.
    func define(_ tile: NetCDFTile) throws(RasterError) {
        let crs = try CRSDescription.of(tile.geoBox.crs)
        let (yName, xName) = crs.isGeographic ? ("latitude", "longitude") : ("y", "x")
        var dimensions: [Int32] = []
        for (name, size) in [("time", tile.times.count), (yName, tile.geoBox.height), (xName, tile.geoBox.width)] {
            dimensions.append(try defineDimension(name, size))
        }
        let time = try defineTime(dimensions[0])
        let y = try defineAxis(yName, dimensions[1], crs)
        let x = try defineAxis(xName, dimensions[2], crs)
        try defineGridMapping(crs, tile.geoBox)
        for variable in tile.variables { try define(variable, dimensions, tile.geoBox) }
        let documents = try defineDocuments(tile, dimensions[0])
        try writeGlobals(tile)
        try call(nc_enddef(file))
        try put(tile.times.map(\.timeIntervalSince1970), time)
        try put(tile.geoBox.yCoordinates, y)
        try put(tile.geoBox.xCoordinates, x)
        if let documents { try writeDocuments(tile.documents, documents.variable, width: documents.width) }
    }

    private func defineTime(_ dimension: Int32) throws(RasterError) -> Int32 {
        let id = try defineVariable("time", nc_type(NC_DOUBLE), [dimension])
        try text(id, "units", "seconds since 1970-01-01 00:00:00")
        try text(id, "calendar", "standard")
        try text(id, "long_name", "Time, unix time-stamp")
        try text(id, "standard_name", "time")
        try text(id, "axis", "T")
        return id
    }

    private func defineAxis(_ name: String, _ dimension: Int32, _ crs: CRSDescription) throws(RasterError) -> Int32 {
        let id = try defineVariable(name, nc_type(NC_DOUBLE), [dimension])
        let projected = ["x": "projection_x_coordinate", "y": "projection_y_coordinate"]
        let long = ["x": "x coordinate of projection", "y": "y coordinate of projection"]
        let degrees = name == "latitude" ? "degrees_north" : "degrees_east"
        try text(id, "units", crs.isGeographic ? degrees : crs.unitName)
        try text(id, "standard_name", projected[name] ?? name)
        try text(id, "long_name", long[name] ?? name)
        return id
    }

    private func defineGridMapping(_ crs: CRSDescription, _ geoBox: GeoBox) throws(RasterError) {
        let id = try defineVariable("crs", nc_type(NC_INT), [])
        let mapping = try CFGridMapping(crs)
        try text(id, "grid_mapping_name", mapping.name)
        for (name, values) in mapping.numbers { try numbers(id, name, values) }
        try text(id, "long_name", mapping.name)
        try text(id, "spatial_ref", crs.wkt)
        try text(id, "crs_wkt", crs.wkt)
        try numbers(id, "GeoTransform", geoBox.affine.gdal)
    }

    private func define(
        _ variable: NetCDFTile.Variable,
        _ dimensions: [Int32],
        _ geoBox: GeoBox
    ) throws(RasterError) {
        let id = try defineVariable(variable.name, variable.type.netCDFType, dimensions)
        let chunks = [1, min(variable.chunk.y, geoBox.height), min(variable.chunk.x, geoBox.width)]
        try call(nc_def_var_chunking(file, id, NC_CHUNKED, chunks))
        if variable.deflateLevel > 0 {
            let shuffle: Int32 = variable.isShuffled && variable.type.byteCount > 1 ? 1 : 0
            try call(nc_def_var_deflate(file, id, shuffle, 1, Int32(variable.deflateLevel)))
        }
        if variable.isChecked { try call(nc_def_var_fletcher32(file, id, NC_FLETCHER32)) }
        func setFill<Element: PixelElement>(_: Element.Type) -> Int32 {
            var value = Element(nearest: variable.nodata)
            let status = nc_def_var_fill(file, id, NC_FILL, &value)
            return status == NC_NOERR
                ? nc_put_att(file, id, "nodata", variable.type.netCDFType, 1, &value) : status
        }
        try call(setFill(variable.type.elementType))
        try text(id, "grid_mapping", "crs")
        try text(id, "units", variable.units)
        for (name, value) in variable.attributes { try attribute(id, name, value) }
    }

    private func defineDocuments(
        _ tile: NetCDFTile,
        _ time: Int32
    ) throws(RasterError) -> (variable: Int32, width: Int)? {
        guard let width = tile.documents.map(\.utf8.count).max(), width > 0 else { return nil }
        let letters = try defineDimension("dataset_nchar", width)
        let id = try defineVariable("dataset", nc_type(NC_CHAR), [time, letters])
        try call(nc_def_var_chunking(file, id, NC_CHUNKED, [1, width]))
        try call(nc_def_var_deflate(file, id, 0, 1, 9))
        try text(id, "units", "1")
        try text(id, "long_name", "Metadata describing input data")
        return (id, width)
    }

    private func writeGlobals(_ tile: NetCDFTile) throws(RasterError) {
        let lonLat = try CoordinateTransform(from: tile.geoBox.crs, to: .wgs84)
        if let box = lonLat.apply(tile.geoBox.bounds) {
            let ring = lonLat.apply(tile.geoBox.corners + [tile.geoBox.corners[0]])
            let corners = ring.map { "\($0.x) \($0.y)" }.joined(separator: ", ")
            try text(NC_GLOBAL, "geospatial_bounds", "POLYGON ((\(corners)))")
            try text(NC_GLOBAL, "geospatial_bounds_crs", "EPSG:4326")
            let sides = [("lat_min", box.bottom), ("lat_max", box.top), ("lon_min", box.left), ("lon_max", box.right)]
            for (name, value) in sides { try numbers(NC_GLOBAL, "geospatial_\(name)", [value]) }
            try text(NC_GLOBAL, "geospatial_lat_units", "degrees_north")
            try text(NC_GLOBAL, "geospatial_lon_units", "degrees_east")
        }
        try text(NC_GLOBAL, "Conventions", "CF-1.6, ACDD-1.3")
        for (name, value) in tile.attributes { try attribute(NC_GLOBAL, name, value) }
    }

    private func writeDocuments(_ documents: [String], _ variable: Int32, width: Int) throws(RasterError) {
        for (index, document) in documents.enumerated() {
            var bytes = Array(document.utf8).map { CChar(bitPattern: $0) }
            bytes += [CChar](repeating: 0, count: width - bytes.count)
            try call(nc_put_vara_text(file, variable, [index, 0], [1, width], bytes))
        }
    }

    private func defineDimension(_ name: String, _ size: Int) throws(RasterError) -> Int32 {
        var id: Int32 = 0
        try call(nc_def_dim(file, name, size, &id))
        return id
    }

    private func defineVariable(_ name: String, _ type: nc_type, _ dimensions: [Int32]) throws(RasterError) -> Int32 {
        var id: Int32 = 0
        try call(nc_def_var(file, name, type, Int32(dimensions.count), dimensions, &id))
        return id
    }

    private func text(_ variable: Int32, _ name: String, _ value: String) throws(RasterError) {
        try call(nc_put_att_text(file, variable, name, value.utf8.count, value))
    }

    private func numbers(_ variable: Int32, _ name: String, _ values: [Double]) throws(RasterError) {
        try call(nc_put_att_double(file, variable, name, nc_type(NC_DOUBLE), values.count, values))
    }

    private func attribute(_ variable: Int32, _ name: String, _ value: NetCDFAttribute) throws(RasterError) {
        switch value {
        case .text(let value): try text(variable, name, value)
        case .doubles(let values): try numbers(variable, name, values)
        case .integers(let values):
            let values = values.map { CLongLong($0) }
            try call(nc_put_att_longlong(file, variable, name, nc_type(NC_INT64), values.count, values))
        case .texts(let values):
            let copies = values.map { strdup($0) }
            defer { for copy in copies { free(copy) } }
            var pointers = copies.map { UnsafePointer($0) }
            try call(nc_put_att_string(file, variable, name, values.count, &pointers))
        }
    }

    private func put(_ values: [Double], _ variable: Int32) throws(RasterError) {
        try call(nc_put_var_double(file, variable, values))
    }

    private func call(_ status: Int32) throws(RasterError) {
        try checkWriting(status, .createFailed, path)
    }
}
