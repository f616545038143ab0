import Documents
import Foundation
import Geo
import TestSupport
import Testing

@testable import Ingest

@Suite(.enabled(if: RealScenes.isHere, "SKIPPED: no folder of real scenes, see ANTARES_TEST_DATA"))
struct RealScenesTests {
    /// SENSING_TIME and ULY as they stand in each granule_metadata.xml (read with grep).
    @Test(arguments: [
        ("S2A_33TWL_20230815_0_L2A", "2023-08-15T09:58:11.662849Z", 5_100_000.0),
        ("S2A_33TWL_20230818_0_L2A", "2023-08-18T10:08:08.248993Z", 5_100_000),
        ("S2A_33TWM_20230815_0_L2A", "2023-08-15T09:57:57.246200Z", 5_200_020),
        ("S2A_33TWM_20230818_0_L2A", "2023-08-18T10:07:54.167502Z", 5_200_020),
        ("S2B_33TWL_20230810_0_L2A", "2023-08-10T09:58:11.590246Z", 5_100_000),
        ("S2B_33TWL_20230813_0_L2A", "2023-08-13T10:08:07.856527Z", 5_100_000),
        ("S2B_33TWL_20230820_0_L2A", "2023-08-20T09:58:11.072618Z", 5_100_000),
        ("S2B_33TWM_20230810_0_L2A", "2023-08-10T09:57:57.166961Z", 5_200_020),
        ("S2B_33TWM_20230813_0_L2A", "2023-08-13T10:07:53.782107Z", 5_200_020),
        ("S2B_33TWM_20230820_0_L2A", "2023-08-20T09:57:56.646637Z", 5_200_020),
    ])
    func `sentinel-2 scenes reduced to 120 m keep their times and get their grid`(
        name: String,
        time: String,
        top: Double
    ) throws {
        let path = RealScenes.path("s2-l2a-33T/\(name)")
        let document = try Sentinel2L2A10m().only(path, options: .init())
        #expect(document.at("properties", "datetime")?.string == time)
        #expect(document["crs"] == "epsg:32633")
        #expect(document.at("grids", "default", "shape") == [915, 915])
        // 109800 m / 915 pixels.
        let transform = [120, 0, 499_980, 0, -120, top, 0, 0, 1].map { DocumentValue.double($0) }
        #expect(document.at("grids", "default", "transform") == .array(transform))
        #expect(document.at("grids")?.object?.count == 1)
        #expect(document.at("properties", "odc:file_format") == "JPEG2000")
        #expect(document.at("measurements", "nir", "path")?.string == "\(path)/B08.tif")
        // The STAC item says that the offset was taken off; so do the numbers: over vegetation (SCL 4) the median of red
        // is 0.023 to 0.042 with numpy, which -0.1 would turn negative.
        #expect(document.at("properties", "antares:scaling", "red", "scale_factor") == 0.0001)
        #expect(document.at("properties", "antares:scaling", "red", "add_offset") == 0.0)
        #expect(document.at("properties", "antares:scaling", "pixel_qa", "add_offset") == nil)
    }

    @Test func `identity, platform and footprint come from the scene`() throws {
        let path = RealScenes.path("s2-l2a-33T/S2A_33TWM_20230815_0_L2A")
        let document = try Sentinel2L2A10m().only(path, options: .init())
        #expect(document["label"] == "S2A_MSIL2A_20230815T095031_N0509_R079_T33TWM_20230815T155057")
        #expect(document.at("properties", "eo:platform") == "sentinel-2a")
        #expect(document.at("properties", "odc:region_code") == "33TWM")
        #expect(document.at("properties", "eo:cloud_cover") == 0.207328)
        #expect(document.at("properties", "s2:processing_baseline") == "05.09")
        // pyproj: the first, second and fifth corner of the STAC item's polygon in EPSG:32633.
        let ring = try #require(document.at("geometry", "coordinates")?.array?.first?.array)
        let expected = [(0, 525_223.563, 5_200_019.0), (1, 513_718.173, 5_151_496.269), (4, 609_779.0, 5_090_221.0)]
        for (index, x, y) in expected {
            #expect(abs((ring[index].array?[0].double ?? 0) - x) < 0.01)
            #expect(abs((ring[index].array?[1].double ?? 0) - y) < 0.01)
        }
    }

    /// Baseline, offset of B02 and sensing time as the XML files have them.
    @Test(arguments: [
        ("S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857", "02.12", 0.0, "2019-02-12T19:33:32.161Z"),
        ("S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126", "04.00", -0.1, "2022-04-13T15:08:07.846358Z"),
        ("S2A_MSIL2A_20230821T221941_N0509_R029_T01KAB_20230822T021825", "05.09", -0.1, "2023-08-21T22:20:45.625508Z"),
    ])
    func `the offset follows the processing baseline`(
        name: String,
        baseline: String,
        offset: Double,
        time: String
    ) throws {
        let scene = try Sentinel2Scene(RealScenes.path("s2-metadata/\(name).SAFE"))
        #expect(try scene.identifier == name)
        #expect(try scene.baseline == baseline)
        let scaling = try scene.scaling(band: "B02")
        #expect(scaling.scale == 0.0001)
        #expect(scaling.offset == offset)
        #expect(try scene.sensingTime == Timestamp.parse(time))
    }

    @Test func `a footprint across the antimeridian stays in one piece`() throws {
        let name = "S2A_MSIL2A_20230821T221941_N0509_R029_T01KAB_20230822T021825.SAFE"
        let ring = try #require(try Sentinel2Scene(RealScenes.path("s2-metadata/\(name)")).validData())
        // pyproj, EPSG:4326 to EPSG:32701, of EXT_POS_LIST.
        let expected = [
            (179_317.731, 8_200_055.160), (209_761.182, 8_200_000.016), (209_760.192, 8_090_200.003),
            (180_976.562, 8_090_256.689), (99_960.0, 8_090_200.0), (99_960.0, 8_200_000.0),
        ]
        for (point, (x, y)) in zip(ring, expected) {
            #expect(abs(point.x - x) < 0.01)
            #expect(abs(point.y - y) < 0.01)
        }
    }

    @Test func `a real Landsat scene gives the facts of its MTL and its files`() throws {
        let document = try LandsatCollection2().only(RealScenes.path("landsat8-c2l2"), options: .init())
        #expect(document["label"] == "LC08_L2SP_008059_20191201_20200825_02_T1")
        // SCENE_CENTER_TIME 15:13:51.8610990Z, to the microsecond.
        #expect(document.at("properties", "datetime") == "2019-12-01T15:13:51.861099Z")
        #expect(document.at("properties", "odc:region_code") == "008059")
        #expect(document.at("properties", "eo:cloud_cover") == 81.02)
        #expect(document.at("properties", "landsat:landsat_scene_id") == "LC80080592019335LGN00")
        // gdalinfo of SR_B2.
        #expect(document["crs"] == "epsg:32618")
        #expect(document.at("grids", "default", "shape") == [512, 512])
        let transform = document.at("grids", "default", "transform")?.array?.compactMap(\.double)
        #expect(transform == [444.78515625, 0, 378_285, 0, -453.57421875, 275_715, 0, 0, 1])
        let red = try #require(document.at("measurements", "red"))
        #expect(red["path"]?.string?.hasSuffix("_SR_B4.TIF") == true)
        #expect(document.at("properties", "antares:scaling", "red") == ["scale_factor": 2.75e-05, "add_offset": -0.2])
        #expect(document.at("properties", "antares:scaling", "surface_temperature", "scale_factor") == 0.00341802)
    }
}
