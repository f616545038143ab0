import CGDAL
public import Geo

/// Polygons burnt into a grid by GDAL: a pixel belongs to a polygon where its centre lies within.
///
/// - `shapes`: In the grid's CRS; later ones are on top.
/// - `background`: What pixels outside all polygons hold.
/// - Returns: Row-major pixels of `grid`.
public func rasterize<Element: PixelElement>(
    _ shapes: [(polygon: MultiPolygon, value: Element)],
    background: Element,
    onto grid: GeoBox
) throws(RasterError) -> [Element] {
    let raster = try MemoryRaster(geoBox: grid, type: Element.pixelType, bands: 1, nodata: nil)
    try raster.write([Element](repeating: background, count: grid.pixelCount), band: 1)
    var geometries: [OGRGeometryH?] = []
    defer { for geometry in geometries { OGR_G_DestroyGeometry(geometry) } }
    var values: [Double] = []
    for shape in shapes where !shape.polygon.parts.isEmpty {
        let bytes = shape.polygon.wkb
        var geometry: OGRGeometryH?
        guard OGR_G_CreateFromWkb(bytes, nil, &geometry, Int32(bytes.count)) == OGRERR_NONE, let geometry else {
            throw RasterError(.writeFailed, "polygon", ["GDAL does not take its rings"])
        }
        geometries.append(geometry)
        values.append(shape.value.real)
    }
    guard !geometries.isEmpty else { return try raster.read(Element.self, band: 1) }
    var band: Int32 = 1
    let (status, failures) = withCPLMessages {
        GDALRasterizeGeometries(
            raster.handle,
            1,
            &band,
            Int32(geometries.count),
            &geometries,
            nil,
            nil,
            &values,
            nil,
            nil,
            nil
        )
    }
    guard status == CE_None, failures.isEmpty else { throw RasterError(.writeFailed, "polygons", failures) }
    return try raster.read(Element.self, band: 1)
}
