import Foundation
import Geo
import Testing

@testable import Raster

@Suite struct VectorFileTests {
    /// Corners by gdaltransform 3.6.2 from -103.35 20.67 and -103.25 20.77.
    private let collection = """
        {"type": "FeatureCollection",
         "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32613"}},
         "features": [
          {"type": "Feature", "properties": {"iso": "MEX", "name": "Jalisco", "code": 14},
           "geometry": {"type": "Polygon", "coordinates": [[[671874.58, 2286500.08], [682173.93, 2286500.08],
             [682173.93, 2297680.04], [671874.58, 2286500.08]]]}},
          {"type": "Feature", "properties": {"iso": "GTM", "name": null},
           "geometry": {"type": "Point", "coordinates": [671874.58, 2286500.08]}}]}
        """

    private func withFile<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).geojson")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    @Test func `features come in longitude and latitude whatever the file's CRS is`() throws {
        try withFile(collection) { path in
            let file = try VectorFile(opening: path)
            let layer = try #require(file.layerNames.first)
            #expect(file.fieldNames(layer: layer) == ["iso", "name", "code"])
            let features = try file.features(layer: layer) { $0["iso"] == "MEX" }
            #expect(features.map(\.fields) == [["iso": "MEX", "name": "Jalisco", "code": "14"]])
            let corner = try #require(features.first?.polygon.parts.first?.rings.first?.first)
            #expect(abs(corner.x - -103.35) < 1e-5)
            #expect(abs(corner.y - 20.67) < 1e-5)
        }
    }

    @Test func `a feature without an area has no parts, and null fields are left out`() throws {
        try withFile(collection) { path in
            let file = try VectorFile(opening: path)
            let features = try file.features(layer: file.layerNames[0]) { $0["iso"] == "GTM" }
            #expect(features == [VectorFeature(fields: ["iso": "GTM"], polygon: MultiPolygon(parts: []))])
        }
    }

    @Test func `a missing file names the file and what to do`() {
        #expect {
            _ = try VectorFile(opening: "/nowhere/borders.gpkg")
        } throws: {
            "\($0)".hasPrefix("cannot open '/nowhere/borders.gpkg'")
                && "\($0)".hasSuffix("Check the path, and that it is a vector file that GDAL reads.")
        }
    }
}

@Suite struct VectorDCWTests {
    @Test func `rings, holes and longitudes past 180 are understood`() {
        func column(_ raw: [UInt16], minimum: Double) -> VectorDCW.Column {
            VectorDCW.Column(raw: raw, minimum: minimum, scale: 10)
        }
        let mark = UInt16.max
        let polygon = VectorDCW.polygon(
            column([mark, 0, 100, 100, 0, mark, 20, 40, 40, 20, mark, 200, 210, 210], minimum: 240),
            column([0, 0, 0, 100, 100, 1, 20, 20, 40, 20, 0, 0, 0, 10], minimum: 10)
        )
        #expect(polygon.parts.map { $0.rings.map(\.count) } == [[5, 4], [4]])
        #expect(polygon.parts[0].rings[0][1] == Point(x: -110, y: 10))
        #expect(polygon.bounds == BoundingBox(left: -120, bottom: 10, right: -99, top: 20))
    }

    /// 1,964,375 km² is what Mexico's INEGI states; at 1:1,000,000 the area is within a few per cent of it.
    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: "/usr/share/gmt-dcw/dcw-gmt.nc"),
            "GMT-DCW IS NOT INSTALLED"
        )
    )
    func `Mexico has its area, and a code that does not exist has nothing`() throws {
        let borders = VectorDCW(path: "/usr/share/gmt-dcw/dcw-gmt.nc")
        let mexico = try #require(try borders.polygon(code: "MX"))
        let bounds = try #require(mexico.bounds)
        #expect(abs(bounds.left - -118.369) < 0.01 && abs(bounds.top - 32.718) < 0.01)
        var area = 0.0
        for part in mexico.parts {
            for (index, ring) in part.rings.enumerated() {
                area += (index == 0 ? 1 : -1) * abs(sphericalArea(ring))
            }
        }
        #expect(abs(area / 1_964_375 - 1) < 0.02, "\(area) km²")
        #expect(try borders.polygon(code: "QQ") == nil)
    }

    /// Square kilometres within a ring on a sphere of 6371.007 km (authalic), by the trapezoids below its edges.
    private func sphericalArea(_ ring: [Point]) -> Double {
        let radians = Double.pi / 180
        let sum = zip(ring, ring.dropFirst()).reduce(0.0) { sum, edge in
            sum + (edge.1.x - edge.0.x) * radians * (sin(edge.0.y * radians) + sin(edge.1.y * radians)) / 2
        }
        return sum * 6371.007 * 6371.007
    }
}
