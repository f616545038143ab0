import Documents
import Foundation
import Geo
import Raster
import TestSupport
import Testing

@testable import Ingest

@Suite(.enabled(if: RealScenes.isHere, "SKIPPED: no folder of real scenes, see ANTARES_TEST_DATA"))
struct LandsatTests {
    private static let c2 = "landsat-metadata/c2"
    private static let old = "landsat-metadata/mtl-and-espa"

    /// A folder with a scene's metadata, and empty files of the names that they give.
    private func scene(_ metadata: String) throws -> (folder: TemporaryFolder, path: String) {
        let folder = try TemporaryFolder()
        let path = folder.path(lastPart(metadata))
        try FileManager.default.copyItem(atPath: RealScenes.path(metadata), toPath: path)
        let text = try String(contentsOfFile: path, encoding: .isoLatin1)
        for match in text.matches(of: #/L[A-Z0-9_]+_[A-Z0-9_]+\.TIF/#) {
            _ = FileManager.default.createFile(atPath: folder.path(String(match.0)), contents: nil)
        }
        return (folder, folder.path)
    }

    private var unchecked: SceneOptions {
        var options = SceneOptions()
        options.check = .none
        return options
    }

    @Test func `text, JSON and XML of one scene say the same`() throws {
        let stem = RealScenes.path("landsat8-c2l2/LC08_L2SP_008059_20191201_20200825_02_T1_MTL")
        let readings = try ["txt", "json", "xml"].map { try LandsatMTL(file: "\(stem).\($0)") }
        for (group, key, value) in [
            ("IMAGE_ATTRIBUTES", "SPACECRAFT_ID", "LANDSAT_8"), ("IMAGE_ATTRIBUTES", "CLOUD_COVER", "81.02"),
            (
                "PRODUCT_CONTENTS", "FILE_NAME_QUALITY_L2_AEROSOL",
                "LC08_L2SP_008059_20191201_20200825_02_T1_SR_QA_AEROSOL.TIF"
            ),
            ("LEVEL2_SURFACE_REFLECTANCE_PARAMETERS", "REFLECTANCE_ADD_BAND_3", "-0.200000"),
            ("LEVEL2_SURFACE_TEMPERATURE_PARAMETERS", "TEMPERATURE_MULT_BAND_ST_B10", "0.00341802"),
            ("PROJECTION_ATTRIBUTES", "UTM_ZONE", "18"),
        ] {
            for reading in readings {
                let own = reading.text(group, key)
                #expect(own == value || own.flatMap { Double($0) } == Double(value), "\(reading.path) \(key)")
            }
        }
    }

    /// Platform, cloud cover, pixels, upper left corner and zone as they stand in each MTL (read with grep); the corner is
    /// the middle of the first pixel.
    @Test(arguments: [
        ("LC09_L2SP_010065_20220129_20220131_02_T1_MTL.txt", "landsat-9", "landsat_c2_l2", [7741, 7611], "epsg:32617"),
        ("LC08_L2SR_084024_20160111_20201016_02_T1_MTL.txt", "landsat-8", "landsat_c2_l2", [8121, 8031], "epsg:32601"),
        ("LE07_L2SP_090084_20210331_20210426_02_T1_MTL.xml", "landsat-7", "landsat_c2_l2", [7291, 8401], "epsg:32655"),
        ("LT05_L2SP_058014_20110312_20200823_02_T1_MTL.xml", "landsat-5", "landsat_c2_l2", [8041, 8651], "epsg:32609"),
        ("LT04_L2SP_002026_19830110_20200918_02_T1_MTL.xml", "landsat-4", "landsat_c2_l2", [7431, 8121], "epsg:32622"),
        (
            "LC08_L1GT_089074_20220506_20220512_02_T2_MTL.json", "landsat-8", "landsat_c2_l1", [7821, 7721],
            "epsg:32656"
        ),
        (
            "LM04_L1GS_001001_19830527_20210902_02_T2_MTL.xml", "landsat-4", "landsat_c2_l1_mss", [4308, 4371],
            "epsg:32631"
        ),
    ])
    func `without opening files the metadata give product and grid`(
        name: String,
        platform: String,
        product: String,
        shape: [Int],
        crs: String
    ) throws {
        let (_, path) = try scene("\(Self.c2)/\(name)")
        let document = try LandsatCollection2().only(path, options: unchecked)
        #expect(document.at("product", "name")?.string == product)
        #expect(document.at("properties", "eo:platform")?.string == platform)
        #expect(document.at("grids", "default", "shape") == .array(shape.map { .integer($0) }))
        #expect(document["crs"]?.string == crs)
        #expect(document.at("measurements", "pixel_qa", "path")?.string?.hasPrefix(path) == true)
        #expect(document.at("properties", "dea:dataset_maturity") == "final")
    }

    @Test func `corners are moved by half a pixel`() throws {
        let (_, path) = try scene("\(Self.c2)/LC08_L2SP_047027_20201204_20210313_02_T1_MTL.txt")
        let document = try LandsatCollection2().only(path, options: unchecked)
        // CORNER_UL_PROJECTION_X_PRODUCT = 353700, Y = 5374200, cells of 30 m.
        let transform = document.at("grids", "default", "transform")?.array?.compactMap(\.double)
        #expect(transform == [30, 0, 353_685, 0, -30, 5_374_215, 0, 0, 1])
        #expect(document.at("properties", "antares:scaling", "surface_temperature_uncertainty", "scale_factor") == 0.01)
    }

    @Test func `level 2 carries aerosol, coastal and temperature where the scene has them`() throws {
        let document = try LandsatCollection2().only(RealScenes.path("landsat8-c2l2"), options: .init())
        let names = document["measurements"]?.object?.keys ?? []
        #expect(
            names == [
                "blue", "green", "red", "nir", "swir1", "swir2", "coastal", "pixel_qa", "radsat_qa", "aerosol_qa",
                "surface_temperature",
            ]
        )
        // The picture is a slanting square in its rectangle: numpy on QA_PIXEL finds 180 637 of 262 144 pixels without
        // the bit of fill, and the ring around them has to hold them all.
        let ring = try #require(document.at("geometry", "coordinates")?.array?.first?.array)
        #expect(ring.count > 5)
        let points = ring.compactMap { $0.array?.compactMap(\.double) }.map { Point(x: $0[0], y: $0[1]) }
        let polygon = MultiPolygon(ring: points)
        let path = try #require(document.at("measurements", "pixel_qa", "path")?.string)
        let file = try RasterFile(opening: path)
        let pixels: [UInt16] = try file.read(band: 1)
        guard let grid = file.geoBox else { throw SceneError(file.name, "has no grid", hint: "") }
        let (xs, ys) = (grid.xCoordinates, grid.yCoordinates)
        var outside = 0
        var holes = 0
        for row in 0..<grid.height {
            for column in 0..<grid.width {
                let isInside = polygon.contains(Point(x: xs[column], y: ys[row]))
                if pixels[row * grid.width + column] & 1 == 0 {
                    if !isInside { outside += 1 }
                } else if isInside {
                    holes += 1
                }
            }
        }
        #expect(outside == 0)
        #expect(holes < grid.pixelCount / 20)
    }

    @Test func `older TM scenes become reflectance by the sun's irradiance`() throws {
        let document = try LandsatLevel1().only(RealScenes.path("lt5-para-1988"), options: .init())
        #expect(document.at("product", "name") == "landsat_l1")
        #expect(document["label"] == "LT52240631988227CUB02")
        #expect(document.at("properties", "odc:region_code") == "224063")
        #expect(document["crs"] == "epsg:32622")
        // numpy: pi d² / ESUN times RADIANCE_MULT and _ADD with d = 1.01281 (USGS's table, day 227), ESUN 1536 and 1031.
        func check(_ band: String, _ scale: Double, _ offset: Double) {
            let place = document.at("properties", "antares:scaling", band)
            #expect(abs((place?["scale_factor"]?.double ?? 0) / scale - 1) < 0.001)
            #expect(abs((place?["add_offset"]?.double ?? 0) / offset - 1) < 0.001)
        }
        check("red", 0.0021903581, -0.0046450277)
        check("nir", 0.0027381124, -0.0074579806)
    }

    @Test func `collection 1 is level 1 for landsat_l1 and refused by landsat_c2`() throws {
        let (_, path) = try scene("\(Self.old)/LT05_L1TP_047027_20101006_20160512_01_T1_MTL.txt")
        let document = try LandsatLevel1().only(path, options: unchecked)
        #expect(document.at("properties", "landsat:collection_number") == 1)
        #expect(document.at("measurements", "pixel_qa", "path")?.string?.hasSuffix("_BQA.TIF") == true)
        // REFLECTANCE_MULT_BAND_3 = 2.1131E-03 in the file.
        #expect(document.at("properties", "antares:scaling", "red", "scale_factor")?.double == 0.0021131)
        let error = #expect(throws: SceneError.self) { try LandsatCollection2().prepare(path, options: unchecked) }
        #expect(error?.description.contains("is of an older collection than the second. Use --dataset_name") == true)
    }

    @Test func `ESPA's bands keep their names, scale and identity`() throws {
        let folder = try TemporaryFolder()
        let name = "LE07_L1TP_160031_20110416_20161210_01_T1"
        try FileManager.default.copyItem(
            atPath: RealScenes.path("\(Self.old)/\(name).xml"),
            toPath: folder.path("\(name).xml")
        )
        let grid = GeoBox(
            crs: CRS("EPSG:32640"),
            affine: Affine(origin: Point(x: 629_085, y: 4_733_415), resolution: XY(x: 30, y: -30)),
            width: 20,
            height: 10
        )
        for band in ["sr_band1", "sr_band2", "sr_band3", "sr_band4", "sr_band5", "sr_band7", "pixel_qa"] {
            let pixels = [Int16](repeating: 1000, count: grid.pixelCount)
            let path = folder.path("\(name)_\(band).tif")
            try RasterOutput.write(bands: [pixels], on: grid, to: path, format: .geoTIFF, nodata: -9999)
        }
        let reader = LandsatESPA()
        #expect(reader.scenes(at: ScenePlace(folder.path, isFolder: true), options: .init()) == [folder.path])
        let document = try reader.only(folder.path, options: .init())
        #expect(document.at("product", "name") == "ls7_espa_scene")
        #expect(document["label"]?.string == name)
        #expect(document.at("properties", "datetime") == "2011-04-16T06:35:23.671777Z")
        #expect(document.at("properties", "odc:region_code") == "160031")
        #expect(
            document["measurements"]?.object?.keys == [
                "blue", "green", "red", "nir", "swir1", "swir2", "pixel_qa",
            ]
        )
        #expect(document.at("measurements", "swir2", "path")?.string == folder.path("\(name)_sr_band7.tif"))
        #expect(document.at("properties", "antares:scaling", "red", "scale_factor") == 0.0001)
        // In antares3's layout, by which its products know their datasets.
        let legacy = try LegacyLayout.document(document, signature: reader.legacySignature(of: document))
        #expect(legacy.at("platform", "code") == "LANDSAT_7")
        #expect(legacy["product_type"] == "ESPA")
        #expect(
            legacy.at("image", "bands", "red") == ["path": .string(folder.path("\(name)_sr_band3.tif")), "layer": 1]
        )
        try FileManager.default.removeItem(atPath: folder.path("\(name)_sr_band3.tif"))
        let error = #expect(throws: SceneError.self) { try reader.prepare(folder.path, options: .init()) }
        #expect(error?.description.contains("_sr_band3.tif' is missing") == true)
    }

    @Test func `metadata that name files elsewhere are refused`() throws {
        let (folder, path) = try scene("\(Self.c2)/LC08_L2SP_047027_20201204_20210313_02_T1_MTL.txt")
        let file = folder.path("LC08_L2SP_047027_20201204_20210313_02_T1_MTL.txt")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let bad = text.replacing("\"LC08_L2SP_047027_20201204_20210313_02_T1_SR_B4.TIF\"", with: "\"../../etc/passwd\"")
        try bad.write(toFile: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: SceneError.self) { try LandsatCollection2().prepare(path, options: unchecked) }
        #expect(error?.description.contains("names the file '../../etc/passwd', which is no plain name") == true)
    }
}
