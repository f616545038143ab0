import CGDAL
public import Geo

/// A feature of a vector file: its fields as text and its polygons in longitude and latitude.
public struct VectorFeature: Sendable, Hashable {
    public let fields: [String: String]
    /// In EPSG:4326, longitude first; without parts where the feature has no area.
    public let polygon: MultiPolygon

    public init(fields: [String: String], polygon: MultiPolygon) { (self.fields, self.polygon) = (fields, polygon) }
}

/// An open vector file of any format that GDAL reads; one owner, used by one thread at a time.
public struct VectorFile: ~Copyable {
    private let handle: GDALDatasetH
    public let name: String

    /// Opens `name`, a path or any GDAL dataset name (`/vsizip/…`, `/vsicurl/…`), for reading.
    public init(opening name: String) throws(RasterError) {
        _ = registerDrivers
        // A Shapefile's companions are found by looking at the folder, over a network too.
        VSISetPathSpecificOption(name, "GDAL_DISABLE_READDIR_ON_OPEN", "FALSE")
        let flags = UInt32(GDAL_OF_VECTOR | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR)
        let drivers = StringList(try BroughtFiles.check(name) ?? [])
        let (handle, failures) = withCPLMessages { GDALOpenEx(name, flags, drivers.constant, nil, nil) }
        guard let handle else {
            throw RasterError(
                .openFailed,
                name,
                failures,
                hint: "Check the path, and that it is a vector file that GDAL reads."
            )
        }
        (self.handle, self.name) = (handle, name)
    }

    deinit { _ = antares_gdal_close(handle) }

    public var layerNames: [String] {
        (0..<GDALDatasetGetLayerCount(handle)).compactMap { index in
            GDALDatasetGetLayer(handle, index).map { String(cString: OGR_L_GetName($0)) }
        }
    }

    /// The names of a layer's fields; empty where there is no such layer.
    public func fieldNames(layer: String) -> [String] {
        guard let layer = GDALDatasetGetLayerByName(handle, layer), let definition = OGR_L_GetLayerDefn(layer) else {
            return []
        }
        return Self.fieldNames(definition)
    }

    /// The features of a layer whose fields `isWanted` accepts; the geometry of the others is not looked at.
    public func features(
        layer layerName: String,
        where isWanted: ([String: String]) -> Bool = { _ in true }
    ) throws(RasterError) -> [VectorFeature] {
        guard let layer = GDALDatasetGetLayerByName(handle, layerName), let definition = OGR_L_GetLayerDefn(layer)
        else {
            throw RasterError(.readFailed, name, ["it has no layer '\(layerName)'"])
        }
        let names = Self.fieldNames(definition)
        let target = try LongitudeLatitude()
        let (features, failures) = withCPLMessages {
            OGR_L_ResetReading(layer)
            var found: [VectorFeature] = []
            while let feature = OGR_L_GetNextFeature(layer) {
                defer { OGR_F_Destroy(feature) }
                let fields = Self.fields(of: feature, names: names)
                guard isWanted(fields) else { continue }
                let polygon = OGR_F_GetGeometryRef(feature).flatMap { target.polygon($0) }
                found.append(VectorFeature(fields: fields, polygon: polygon ?? MultiPolygon(parts: [])))
            }
            return found
        }
        guard failures.isEmpty else { throw RasterError(.readFailed, "\(name):\(layerName)", failures) }
        return features
    }

    private static func fieldNames(_ definition: OGRFeatureDefnH) -> [String] {
        (0..<OGR_FD_GetFieldCount(definition)).compactMap { index in
            OGR_FD_GetFieldDefn(definition, index).map { String(cString: OGR_Fld_GetNameRef($0)) }
        }
    }

    private static func fields(of feature: OGRFeatureH, names: [String]) -> [String: String] {
        var fields: [String: String] = [:]
        for (index, name) in names.enumerated() where OGR_F_IsFieldSetAndNotNull(feature, Int32(index)) != 0 {
            fields[name] = OGR_F_GetFieldAsString(feature, Int32(index)).map { String(cString: $0) }
        }
        return fields
    }
}

/// EPSG:4326 with longitude first, as the target of a feature's change of CRS.
private struct LongitudeLatitude: ~Copyable {
    private let system: OGRSpatialReferenceH

    init() throws(RasterError) {
        guard let system = OSRNewSpatialReference(nil), OSRImportFromEPSG(system, 4326) == OGRERR_NONE else {
            throw RasterError(.crsFailed, "EPSG:4326", ["PROJ's database is not found"], hint: "Install proj-data.")
        }
        OSRSetAxisMappingStrategy(system, OAMS_TRADITIONAL_GIS_ORDER)
        self.system = system
    }

    deinit { OSRDestroySpatialReference(system) }

    /// The polygons of a geometry; what is neither polygon nor a collection of them has none.
    ///
    /// A geometry without a CRS is taken to be in longitude and latitude.
    func polygon(_ geometry: OGRGeometryH) -> MultiPolygon? {
        if OGR_G_GetSpatialReference(geometry) != nil, OGR_G_TransformTo(geometry, system) != OGRERR_NONE { return nil }
        guard let areas = OGR_G_ForceToMultiPolygon(OGR_G_Clone(geometry)) else { return nil }
        defer { OGR_G_DestroyGeometry(areas) }
        let parts = (0..<OGR_G_GetGeometryCount(areas)).compactMap { index -> MultiPolygon.Part? in
            guard let part = OGR_G_GetGeometryRef(areas, index) else { return nil }
            let rings = (0..<OGR_G_GetGeometryCount(part)).compactMap { OGR_G_GetGeometryRef(part, $0) }.map(
                Self.points
            )
            return rings.isEmpty ? nil : MultiPolygon.Part(rings: rings)
        }
        return MultiPolygon(parts: parts)
    }

    private static func points(_ ring: OGRGeometryH) -> [Point] {
        (0..<OGR_G_GetPointCount(ring)).map { Point(x: OGR_G_GetX(ring, $0), y: OGR_G_GetY(ring, $0)) }
    }
}
