import CGDAL
public import Geo
import Synchronization

/// What GDAL and PROJ know about a CRS.
public struct CRSDescription: Sendable {
    /// WKT 1 as GDAL writes it, the form that the Open Data Cube stores in netCDF files.
    public let wkt: String
    public let isGeographic: Bool
    /// `metre`, `degree` and so on.
    public let unitName: String
    public let semiMajorAxis: Double
    public let semiMinorAxis: Double
    public let inverseFlattening: Double
    /// The projection's name in WKT 1 (`Transverse_Mercator`), empty for a geographic CRS.
    public let projection: String
    /// The projection's parameters by their names in WKT 1.
    public let parameters: [String: Double]

    /// What is known about `crs`; answers are kept for the life of the process.
    public static func of(_ crs: CRS) throws(RasterError) -> CRSDescription {
        if let known = known.withLock({ $0[crs] }) { return known }
        let description = try withSpatialReference(crs, CRSDescription.init(reference:))
        known.withLock { $0[crs] = description }
        return description
    }

    /// True where two definitions mean the same system (`OSRIsSame`), whatever text each is written in.
    public static func areSame(_ a: CRS, _ b: CRS) throws(RasterError) -> Bool {
        if a == b { return true }
        let pair = [a, b]
        if let answer = comparisons.withLock({ $0[pair] }) { return answer }
        let answer = try withSpatialReference(a) { first throws(RasterError) in
            try withSpatialReference(b) { second in OSRIsSame(first, second) != 0 }
        }
        comparisons.withLock { $0[pair] = answer }
        return answer
    }

    private static let known = Mutex<[CRS: CRSDescription]>([:])
    private static let comparisons = Mutex<[[CRS]: Bool]>([:])

    private init(reference: OGRSpatialReferenceH) {
        wkt = exportedText { OSRExportToWkt(reference, $0) }
        isGeographic = OSRIsGeographic(reference) != 0
        var unit: UnsafeMutablePointer<CChar>?
        if isGeographic { _ = OSRGetAngularUnits(reference, &unit) } else { _ = OSRGetLinearUnits(reference, &unit) }
        unitName = unit.map { String(cString: $0) } ?? ""
        semiMajorAxis = OSRGetSemiMajor(reference, nil)
        semiMinorAxis = OSRGetSemiMinor(reference, nil)
        inverseFlattening = OSRGetInvFlattening(reference, nil)
        projection = OSRGetAttrValue(reference, "PROJECTION", 0).map { String(cString: $0) } ?? ""
        let names = [
            "latitude_of_origin", "latitude_of_center", "longitude_of_center", "central_meridian", "scale_factor",
            "standard_parallel_1", "standard_parallel_2", "false_easting", "false_northing",
        ]
        var parameters: [String: Double] = [:]
        for name in names {
            var status: OGRErr = 0
            let value = OSRGetProjParm(reference, name, 0, &status)
            if status == 0 { parameters[name] = value }
        }
        self.parameters = parameters
    }

    /// `EPSG:n` where the authority is known, else WKT; nil for a system that is not defined.
    static func definition(of reference: OGRSpatialReferenceH) -> CRS? {
        if let name = OSRGetAuthorityName(reference, nil), let code = OSRGetAuthorityCode(reference, nil) {
            return CRS("\(String(cString: name)):\(String(cString: code))")
        }
        let wkt = exportedText { OSRExportToWkt(reference, $0) }
        return wkt.isEmpty ? nil : CRS(wkt)
    }
}

private func exportedText(_ export: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> OGRErr) -> String {
    var text: UnsafeMutablePointer<CChar>?
    guard export(&text) == 0, let text else { return "" }
    defer { VSIFree(text) }
    return String(cString: text)
}

/// Lends GDAL's object for `crs`, x before y, to `body`.
func withSpatialReference<T>(
    _ crs: CRS,
    _ body: (OGRSpatialReferenceH) throws(RasterError) -> T
) throws(RasterError) -> T {
    _ = registerDrivers
    let (reference, failures) = withCPLMessages { () -> OGRSpatialReferenceH? in
        guard let reference = OSRNewSpatialReference(nil) else { return nil }
        if OSRSetFromUserInput(reference, crs.definition) != 0 {
            OSRDestroySpatialReference(reference)
            return nil
        }
        OSRSetAxisMappingStrategy(reference, OAMS_TRADITIONAL_GIS_ORDER)
        return reference
    }
    guard let reference else {
        throw RasterError(
            .crsFailed,
            crs.definition,
            failures,
            hint: "Give an EPSG code (EPSG:32613), WKT or a PROJ string."
        )
    }
    defer { OSRDestroySpatialReference(reference) }
    return try body(reference)
}
