import Foundation
import Geo
import Raster
import TestSupport
import Testing

@Suite("NetCDF tiles")
struct NetCDFTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func tile(_ crs: String = "EPSG:6372") throws -> NetCDFTile {
        let degrees = crs == "EPSG:4326"
        let grid = GeoBox(
            crs: CRS(crs),
            affine: degrees
                ? Affine(origin: Point(x: -103, y: 21), resolution: XY(x: 0.001, y: -0.001))
                : Affine(origin: Point(x: 2_301_840, y: 1_000_800), resolution: XY(x: 20, y: -20)),
            width: 40,
            height: 30
        )
        let variable = NetCDFTile.Variable(
            name: "red",
            type: .int16,
            nodata: -9999,
            units: "1",
            attributes: [("long_name", "Red")],
            chunk: XY(x: 16, y: 16)
        )
        let time = try #require(Timestamp.parse("2017-01-05T17:11:46.381304Z"))
        return NetCDFTile(
            geoBox: grid,
            times: [time],
            variables: [variable],
            attributes: [("title", "test")],
            documents: ["id: 1\n"]
        )
    }

    private func write(_ tile: NetCDFTile, to path: String) throws {
        let writer = try NetCDFWriter(creating: path, tile: tile)
        let block = (0..<256).map { Int16($0) }
        try writer.write(
            block,
            variable: "red",
            time: 0,
            window: PixelWindow(column: 16, row: 0, width: 16, height: 16)
        )
        try writer.close()
    }

    @Test func `blocks are read back, and what nobody wrote is nodata`() throws {
        let path = folder.path("tile.nc")
        try write(try tile(), to: path)
        let file = try NetCDFFile(opening: path)
        #expect(file.shape(of: "red") == [1, 30, 40])
        let window = PixelWindow(column: 15, row: 1, width: 3, height: 1)
        #expect(try file.read(Int16.self, variable: "red", window: window) == [-9999, 16, 17])
        #expect(file.attribute("title") == "test" && file.attribute("grid_mapping", of: "red") == "crs")
    }

    /// What GDAL 3.6 makes of the file, as QGIS would see it.
    @Test(
        .enabled(if: isInstalled("gdalinfo"), "SKIPPED: GDALINFO IS NOT INSTALLED"),
        arguments: [
            ("EPSG:6372", "2301840.000000000000000,1000800.000000000000000"), ("EPSG:32613", "2301840"),
            ("EPSG:4326", "-103.000000000000000,21.000000000000000"),
        ]
    )
    func `GDAL finds grid, CRS and nodata`(crs: String, origin: String) throws {
        let path = folder.path("tile.nc")
        try write(try tile(crs), to: path)
        let info = try run("gdalinfo", ["NETCDF:\"\(path)\":red"])
        #expect(info.status == 0, "\(info.errors)")
        #expect(info.output.contains("Size is 40, 30") && info.output.contains("Origin = (\(origin)"))
        #expect(info.output.contains("NoData Value=-9999") && info.output.contains("ID[\"EPSG\",\(crs.dropFirst(5))]"))
    }

    @Test(.enabled(if: isInstalled("ncdump"), "SKIPPED: NCDUMP IS NOT INSTALLED"))
    func `the header is the Open Data Cube's CF layout`() throws {
        let path = folder.path("tile.nc")
        try write(try tile(), to: path)
        let dump = try run("ncdump", ["-hs", path]).output
        for line in [
            "time = 1 ;", "double time(time) ;", "time:units = \"seconds since 1970-01-01 00:00:00\" ;",
            "x:standard_name = \"projection_x_coordinate\" ;", "int crs ;",
            "crs:grid_mapping_name = \"lambert_conformal_conic\" ;", "crs:standard_parallel = 17.5, 29.5 ;",
            "crs:GeoTransform = 2301840., 20., 0., 1000800., 0., -20. ;", "short red(time, y, x) ;",
            "red:_FillValue = -9999s ;", "red:grid_mapping = \"crs\" ;", "red:_ChunkSizes = 1, 16, 16 ;",
            "red:_DeflateLevel = 4 ;", "red:_Shuffle = \"true\" ;", "char dataset(time, dataset_nchar) ;",
            ":Conventions = \"CF-1.6, ACDD-1.3\" ;", ":geospatial_bounds = \"POLYGON ((",
        ] {
            #expect(dump.contains(line), "\(line) is missing from\n\(dump)")
        }
    }

    private func noise<Element: PixelElement>(_: Element.Type) -> [Element] {
        (0..<1200).map { Element(nearest: Double(($0 * 7919 + 13) % 251) / 2) }
    }

    @Test(arguments: [PixelType.uint8, .int8, .uint16, .int16, .uint32, .int32, .float32, .float64])
    func `chunks are read without the library as by it`(type: PixelType) throws {
        let base = try tile()
        for (level, isShuffled, isChecked) in [(4, true, true), (4, false, false), (0, false, true), (0, false, false)]
        {
            let path = folder.path("\(type.rawValue)-\(level)-\(isShuffled)-\(isChecked).nc")
            let variable = NetCDFTile.Variable(
                name: "red",
                type: type,
                nodata: 99,
                units: "1",
                chunk: XY(x: 16, y: 16),
                deflateLevel: level,
                isShuffled: isShuffled,
                isChecked: isChecked
            )
            let layout = NetCDFTile(geoBox: base.geoBox, times: base.times, variables: [variable])
            func check<Element: PixelElement>(_ type: Element.Type) throws {
                let whole = PixelWindow(column: 0, row: 0, width: 40, height: 30)
                let writer = try NetCDFWriter(creating: path, tile: layout)
                try writer.write(noise(type), variable: "red", time: 0, window: whole)
                try writer.close()
                let table = try #require(BlockTable(netCDF: path, variable: "red", time: 0))
                let reader = try #require(BlockReader(table))
                let file = try NetCDFFile(opening: path)
                for window in [whole, PixelWindow(column: 15, row: 3, width: 20, height: 27)] {
                    let theirs = try file.read(type, variable: "red", window: window)
                    #expect(reader.read(type, window) == theirs, "\(path) \(window)")
                }
            }
            try check(type.elementType)
        }
    }

    @Test func `a damaged chunk is left to the library, which refuses it`() throws {
        let path = folder.path("damaged.nc")
        let whole = PixelWindow(column: 0, row: 0, width: 40, height: 30)
        let writer = try NetCDFWriter(creating: path, tile: try tile())
        try writer.write(noise(Int16.self), variable: "red", time: 0, window: whole)
        try writer.close()
        let table = try #require(BlockTable(netCDF: path, variable: "red", time: 0))
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let first = try #require(table.place(column: 0, row: 0)?.offset)
        bytes[first + 20] ^= 0x55
        try bytes.write(to: URL(fileURLWithPath: path))
        let corner = PixelWindow(column: 0, row: 0, width: 16, height: 16)
        #expect(try #require(BlockReader(table)).read(Int16.self, corner) == nil)
        #expect(throws: RasterError.self) {
            try NetCDFFile(opening: path).read(Int16.self, variable: "red", window: corner)
        }
    }

    @Test func `what nobody wrote, and files that are no HDF5, are left to the library`() throws {
        let path = folder.path("part.nc")
        try write(try tile(), to: path)
        let table = try #require(BlockTable(netCDF: path, variable: "red", time: 0))
        let reader = try #require(BlockReader(table))
        #expect(reader.read(Int16.self, PixelWindow(column: 0, row: 0, width: 20, height: 10)) == nil)
        #expect(reader.read(Int16.self, PixelWindow(column: 17, row: 0, width: 2, height: 1)) == [1, 2])
        #expect(BlockTable(netCDF: path, variable: "blue", time: 0) == nil)
        #expect(BlockTable(netCDF: path, variable: "red", time: 1) == nil)
        try Data("CDF no HDF5".utf8).write(to: URL(fileURLWithPath: folder.path("no.nc")))
        #expect(BlockTable(netCDF: folder.path("no.nc"), variable: "red", time: 0) == nil)
    }

    @Test func `two runs write the same bytes`() throws {
        let (a, b) = (folder.path("a.nc"), folder.path("b.nc"))
        try write(try tile(), to: a)
        try write(try tile(), to: b)
        let (first, second) = (
            try Data(contentsOf: URL(fileURLWithPath: a)), try Data(contentsOf: URL(fileURLWithPath: b))
        )
        #expect(first == second)
    }

    @Test func `a file that was cut short is refused by name`() throws {
        let path = folder.path("tile.nc")
        try write(try tile(), to: path)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: UInt64(size / 2))
        try handle.close()
        let error = #expect(throws: RasterError.self) { _ = try NetCDFFile(opening: path) }
        #expect(error?.description.contains("cannot open '\(path)'") == true)
    }

    @Test func `a projection without a CF name is refused with a way out`() {
        let error = #expect(throws: RasterError.self) {
            _ = try NetCDFWriter(creating: folder.path("x.nc"), tile: try tile("EPSG:3857"))
        }
        #expect(error?.description.contains("GeoTIFF") == true)
    }

    /// Written by our filters, read by the netCDF library, which checks every chunk's checksum.
    @Test(arguments: [(0, true, true), (4, true, true), (9, false, true), (4, true, false), (0, false, false)])
    func `chunks go through the filters that the file names`(level: Int, isShuffled: Bool, isChecked: Bool) throws {
        func check<Element: PixelElement>(_: Element.Type) throws {
            let path = folder.path("\(Element.self).nc")
            let base = try tile()
            let variable = NetCDFTile.Variable(
                name: "v",
                type: Element.pixelType,
                nodata: 7,
                units: "1",
                chunk: XY(x: 16, y: 7),
                deflateLevel: level,
                isShuffled: isShuffled,
                isChecked: isChecked
            )
            let layout = NetCDFTile(geoBox: base.geoBox, times: base.times, variables: [variable])
            let pixels = (0..<30 * 40).map { Element(nearest: Double($0 * 7919 % 100_003) / 3) }
            let writer = try NetCDFWriter(creating: path, tile: layout)
            // Windows that are no chunks.
            for row in stride(from: 0, to: 30, by: 4) {
                let height = min(4, 30 - row)
                let window = PixelWindow(column: 0, row: row, width: 40, height: height)
                try writer.write(Array(pixels[row * 40..<(row + height) * 40]), variable: "v", time: 0, window: window)
            }
            try writer.close()
            let whole = PixelWindow(column: 0, row: 0, width: 40, height: 30)
            let read = try NetCDFFile(opening: path).read(Element.self, variable: "v", window: whole)
            #expect(read == pixels, "\(Element.self)")
        }
        try check(UInt8.self)
        try check(UInt16.self)
        try check(Int32.self)
        try check(Float.self)
        try check(Double.self)
    }
}
