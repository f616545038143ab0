import CPROJ
public import Geo

/// Carries points from one CRS to another by PROJ; one owner, used by one thread at a time.
///
/// Geographic systems are longitude, latitude in degrees on both sides.
public struct CoordinateTransform: ~Copyable {
    private let context: OpaquePointer?
    private let operation: OpaquePointer?
    private let names: String

    public init(from source: CRS, to target: CRS) throws(RasterError) {
        names = "\(source) to \(target)"
        guard let context = proj_context_create() else { throw RasterError(.crsFailed, names, ["PROJ does not start"]) }
        proj_log_level(context, PJ_LOG_NONE)
        // Texts that only GDAL understands reach PROJ as GDAL's WKT.
        let made = proj_create_crs_to_crs(context, source.definition, target.definition, nil)
        guard let made, let normalised = proj_normalize_for_visualization(context, made) else {
            let reason = String(cString: proj_context_errno_string(context, proj_context_errno(context)))
            if let made { proj_destroy(made) }
            proj_context_destroy(context)
            throw RasterError(
                .crsFailed,
                names,
                [reason],
                hint: "Give an EPSG code (EPSG:32613), WKT or a PROJ string."
            )
        }
        proj_destroy(made)
        (self.context, operation) = (context, normalised)
    }

    deinit {
        proj_destroy(operation)
        proj_context_destroy(context)
    }

    /// The points in the target CRS; a point outside the projection's domain becomes infinite.
    public func apply(_ points: [Point]) -> [Point] {
        points.map { point in
            let moved = proj_trans(operation, PJ_FWD, proj_coord(point.x, point.y, 0, 0))
            return Point(x: moved.xy.x, y: moved.xy.y)
        }
    }

    /// The box around a box carried over, its sides cut into pieces so that curved edges stay inside.
    ///
    /// Nil where no point of the outline can be carried over.
    public func apply(_ box: BoundingBox) -> BoundingBox? { BoundingBox(around: apply(box.outline())) }
}

extension CRS {
    /// The CRS as WKT of 2019, on one line; nil where PROJ does not know it.
    public var wkt2: String? {
        guard let context = proj_context_create() else { return nil }
        defer { proj_context_destroy(context) }
        proj_log_level(context, PJ_LOG_NONE)
        guard let made = proj_create(context, definition) else { return nil }
        defer { proj_destroy(made) }
        let text = proj_as_wkt(context, made, PJ_WKT2_2019, nil).map { String(cString: $0) }
        return text?.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined()
    }
}
