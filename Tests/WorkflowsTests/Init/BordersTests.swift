import Foundation
import Geo
import Testing

@testable import Workflows

@Suite struct BordersTests {
    /// Two countries, one of them with Natural Earth's -99 in ISO_A3; squares of one degree.
    private let countries = """
        {"type": "FeatureCollection", "features": [
          {"type": "Feature", "properties": {"ISO_A3": "MEX", "ADM0_A3": "MEX", "NAME": "Mexico"}, "geometry":
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}},
          {"type": "Feature", "properties": {"ISO_A3": "-99", "ADM0_A3": "FRA", "NAME": "France"}, "geometry":
            {"type": "Polygon", "coordinates": [[[5, 0], [6, 0], [6, 1], [5, 1], [5, 0]]]}}]}
        """
    /// States as GADM has them: no row for the country itself.
    private let states = """
        {"type": "FeatureCollection", "features": [
          {"type": "Feature", "properties": {"GID_0": "MEX", "NAME_0": "Mexico", "NAME_1": "Jalisco"}, "geometry":
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}},
          {"type": "Feature", "properties": {"GID_0": "MEX", "NAME_0": "Mexico", "NAME_1": "Colima"}, "geometry":
            {"type": "Polygon", "coordinates": [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]]}}]}
        """

    @discardableResult
    private func withFile<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).geojson")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    @Test func `a country without ISO_A3 is found by ADM0_A3`() throws {
        try withFile(countries) { path in
            let found = try FileBorders(path: path).countries(["FRA", "MEX"])
            #expect(found.map(\.name) == ["France", "Mexico"])
            #expect(found[0].border.bounds == BoundingBox(left: 5, bottom: 0, right: 6, top: 1))
        }
    }

    @Test func `states make both the regions and the country`() throws {
        try withFile(states) { path in
            let mexico = try #require(try FileBorders(path: path).countries(["MEX"]).first)
            #expect(mexico.regions.map(\.name) == ["Jalisco", "Colima"])
            #expect(mexico.border.bounds == BoundingBox(left: 0, bottom: 0, right: 2, top: 1))
        }
    }

    @Test func `an unknown code is answered with near ones`() throws {
        try withFile(countries) { path in
            #expect {
                try FileBorders(path: path, name: "the file").countries(["MXE"])
            } throws: {
                "\($0)" == "unknown country 'MXE': the file has no such code. Near are: MEX (Mexico)."
            }
        }
    }

    @Test func `a file without codes says which fields it has`() throws {
        try withFile(states) { path in
            #expect {
                try FileBorders(path: path, isoField: "CODE").countries(["MEX"])
            } throws: {
                "\($0)".hasSuffix(
                    "it has no field 'CODE'. Name the field of ISO codes by --iso-field; "
                        + "there are: GID_0, NAME_0, NAME_1."
                )
            }
        }
    }

    @Test func `without installed borders and network the error says what to install`() {
        let nowhere = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        for download in [nil, "/vsicurl/http://127.0.0.1:9/borders.geojson"] {
            #expect {
                try BorderSearch(prefix: nowhere, download: download).countries(["MEX"])
            } throws: {
                "\($0)".hasPrefix(
                    "no borders to take countries from: neither QGIS's world map nor gmt-dcw is installed"
                )
                    && "\($0)".hasSuffix("or name a file: --borders FILE --iso-field NAME.")
            }
        }
    }

    @Test func `regions belong to the country of their code, else to the one they lie in`() throws {
        let square = MultiPolygon(BoundingBox(left: 0, bottom: 0, right: 2, top: 2))
        let mexico = Country(code: "MEX", name: "Mexico", border: square)
        let elsewhere = Country(code: "FRA", name: "France", border: square.mapPoints { Point(x: $0.x + 9, y: $0.y) })
        try withFile(states) { path in
            let byCode = try RegionFile(path: path).regions(of: [mexico, elsewhere])
            #expect(byCode.map(\.country) == ["MEX", "MEX"])
            let byPlace = try RegionFile(path: path, isoField: "NONE").regions(of: [elsewhere, mexico])
            #expect(byPlace.map(\.country) == ["MEX", "MEX"])
            #expect(try RegionFile(path: path).regions(of: [elsewhere]).isEmpty)
        }
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: "/usr/share/iso-codes/json/iso_3166-1.json")
                && FileManager.default.fileExists(atPath: "/usr/share/gmt-dcw/dcw-gmt.nc"),
            "GMT-DCW AND ISO-CODES ARE NOT INSTALLED"
        )
    )
    func `installed borders know Brazil with its states`() throws {
        let usr = URL(fileURLWithPath: "/usr/share")
        let chart = ChartBorders(
            folder: usr.appending(path: "gmt-dcw"),
            isoCodes: usr.appending(path: "iso-codes/json/iso_3166-1.json")
        )
        let brazil = try #require(try chart.countries(["BRA"]).first)
        #expect(brazil.name == "Brazil")
        #expect(brazil.regions.contains { $0.name == "Acre" })
        #expect(brazil.border.contains(Point(x: -47.9, y: -15.8)))
    }

    /// The bytes that PostGIS 3.3 gives for ST_AsBinary('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))', 'NDR').
    @Test func `polygons are written as PostGIS writes them`() {
        let ring = [Point(x: 0, y: 0), Point(x: 1, y: 0), Point(x: 1, y: 1)]
        let expected =
            "010600000001000000010300000001000000040000000000000000000000000000000000000000000000"
            + "0000f03f0000000000000000000000000000f03f000000000000f03f00000000000000000000000000000000"
        #expect(MultiPolygon(ring: ring).hexadecimalWKB == expected)
    }
}
