import Analysis
import Foundation
import Geo
import TestSupport
import Testing

/// Expected numbers: GDAL's `gdaldem` on the same grid.
@Suite("Terrain")
struct TerrainTests {
    private let width = 23
    private let height = 17

    private var elevation: [Float] {
        (0..<width * height).map { index in
            let (x, y) = (Double(index % width), Double(index / width))
            return Float((1500 + 300 * sin(x / 3) * cos(y / 4) + 40 * sin(x * y)).rounded())
        }
    }

    /// What `gdaldem` makes of the grid; its nodata is NaN here.
    private func gdaldem(_ arguments: [String]) throws -> [Float] {
        let folder = try TemporaryFolder()
        let header = "ncols \(width)\nnrows \(height)\nxllcorner 0\nyllcorner 0\ncellsize 30\nNODATA_value -1\n"
        let rows = stride(from: 0, to: width * height, by: width).map { row in
            elevation[row..<row + width].map { "\($0)" }.joined(separator: " ")
        }
        try (header + rows.joined(separator: "\n")).write(
            toFile: folder.path("in.asc"),
            atomically: true,
            encoding: .utf8
        )
        let made = try run(
            "gdaldem",
            [arguments[0], folder.path("in.asc"), folder.path("out.tif"), "-q"] + arguments.dropFirst()
        )
        try #require(made.status == 0, "\(made.errors)")
        let read = try run("gdal_translate", ["-q", "-of", "XYZ", folder.path("out.tif"), "/vsistdout/"])
        return read.output.split(separator: "\n").map { line in
            let value = Float(line.split(separator: " ")[2]) ?? .nan
            return value == -9999 ? .nan : value
        }
    }

    private func check(_ found: [Float], _ arguments: [String], tolerance: Float) throws {
        let expected = try gdaldem(arguments)
        #expect(found.count == expected.count)
        var values = 0
        for (a, b) in zip(found, expected) where !(a.isNaN && b.isNaN) {
            #expect(abs(a - b) <= tolerance, "\(arguments): \(a), \(b)")
            values += 1
        }
        #expect(values == (width - 2) * (height - 2))
    }

    @Test func `slope, aspect and roughness are gdaldem's`() throws {
        let terrain = Terrain(elevation: elevation, width: width, height: height, cell: XY(x: 30, y: 30))
        try check(terrain.slope(), ["slope"], tolerance: 1e-3)
        try check(terrain.aspect(), ["aspect"], tolerance: 1e-2)
        try check(terrain.roughness(), ["roughness"], tolerance: 1e-3)
        try check(terrain.ruggedness(), ["TRI", "-alg", "Riley"], tolerance: 1e-2)
        try check(terrain.position(), ["TPI"], tolerance: 1e-3)
    }

    /// Aspects of gdaldem, their cosines and sines by the C library.
    @Test func `northness and eastness are the cosine and sine of gdaldem's aspect`() throws {
        let terrain = Terrain(elevation: elevation, width: width, height: height, cell: XY(x: 30, y: 30))
        let aspect = try gdaldem(["aspect"]).map { Double($0) * .pi / 180 }
        let (north, east) = (terrain.northness(), terrain.eastness())
        let tilted = aspect.indices.filter { !aspect[$0].isNaN }
        #expect(tilted.count == (width - 2) * (height - 2))
        for pixel in tilted {
            #expect(abs(Double(north[pixel]) - cos(aspect[pixel])) < 1e-5)
            #expect(abs(Double(east[pixel]) - sin(aspect[pixel])) < 1e-5)
        }
    }

    /// gdaldem's hillshade is 1 + 254 · illumination, as whole numbers.
    @Test func `illumination is gdaldem's hillshade`() throws {
        let terrain = Terrain(elevation: elevation, width: width, height: height, cell: XY(x: 30, y: 30))
        let shade = terrain.illumination(zenith: 35, azimuth: 140).map { $0.isNaN ? .nan : ($0 * 254 + 1).rounded() }
        let expected = try gdaldem(["hillshade", "-alt", "55", "-az", "140"])
        for (a, b) in zip(shade, expected) where !a.isNaN { #expect(abs(a - b) <= 1, "\(a), \(b)") }
    }

    @Test func `flat ground has no aspect, and faces nowhere`() {
        let flat = Terrain(elevation: [Float](repeating: 7, count: 9), width: 3, height: 3, cell: XY(x: 30, y: 30))
        #expect(flat.aspect()[4].isNaN && flat.northness()[4] == 0 && flat.eastness()[4] == 0)
        #expect(flat.slope()[4] == 0 && flat.slope()[0].isNaN)
    }
}
