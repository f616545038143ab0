/// A coordinate reference system, named by its authority code ("EPSG:32613") or by its WKT or PROJ text.
///
/// The text is kept as it was given; whether two texts mean the same system is asked of PROJ
/// (`CoordinateTransform` in module Raster), never guessed here.
public struct CRS: Hashable, Sendable, CustomStringConvertible {
    /// The text that PROJ and GDAL understand.
    public let definition: String

    public init(_ definition: String) { self.definition = definition }

    /// WGS 84 in longitude and latitude, x first.
    public static let wgs84 = CRS("EPSG:4326")

    /// The EPSG code where the definition is of the form "EPSG:n", in any case.
    public var epsg: Int? {
        let parts = definition.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "epsg" else { return nil }
        return Int(parts[1])
    }

    public var description: String { definition }
}
