import DatacubeIndex
import Foundation
import Geo
import Postgres
import Raster
import TestSupport
import Testing

@testable import Workflows

@Suite(.enabled(if: TestDatabase.isAvailable))
struct SceneCatalogTests {
    private func catalog() async throws -> (SceneCatalog, Connection) {
        let settings = try TestDatabase.make()
        _ = try await Index.open(settings).installOwnSchemas()
        let connection = try await Connection.open(settings)
        return (SceneCatalog(connection), connection)
    }

    /// The columns of the bulk metadata of Collection 1, as far as they matter, and one that does not.
    private static let first = """
        sceneID,LANDSAT_PRODUCT_ID,sensor,acquisitionDate,path,row,upperLeftCornerLatitude,upperLeftCornerLongitude,\
        upperRightCornerLatitude,upperRightCornerLongitude,lowerLeftCornerLatitude,lowerLeftCornerLongitude,\
        lowerRightCornerLatitude,lowerRightCornerLongitude,cloudCoverFull,dayOrNight,browseURL,CLOUD_COVER_LAND
        LC80290462014001LGN01,LC08_L1TP_029046_20140101_20170307_01_T1,OLI_TIRS,2014-01-01,29,46,20.8,-104.3,20.8,-102.5,19.0,-104.3,19.0,-102.5,10,DAY,"http://x/a,b",5
        LC80290462014017LGN01,LC08_L1TP_029046_20140117_20170307_01_T1,OLI_TIRS,2014/01/17,29,46,20.8,-104.3,20.8,-102.5,19.0,-104.3,19.0,-102.5,60,DAY,"say ""hi"" now",50
        LC80290462014018LGN01,,OLI_TIRS,2014-01-18,29,46,20.8,-104.3,20.8,-102.5,19.0,-104.3,19.0,-102.5,0,NIGHT,,0
        LC80300452015002LGN01,,OLI_TIRS,2015-01-02,30,45,22.3,-105.5,22.3,-103.7,20.4,-105.5,20.4,-103.7,-1,DAY,,-1
        LC80300452015020LGN01,,OLI_TIRS,2015-02-30,30,45,,,,,,,,,0,DAY,,0

        LC80290462014001LGN01,again,OLI_TIRS,2014-01-01,29,46,20.8,-104.3,20.8,-102.5,19.0,-104.3,19.0,-102.5,12,DAY,,4
        """

    @Test(arguments: [false, true]) func `tables come in, packed or not, and again`(isPacked: Bool) async throws {
        let folder = try TemporaryFolder()
        var path = try folder.write(Self.first, to: "scenes.csv")
        if isPacked {
            #expect(try run("gzip", [path]).status == 0)
            path += ".gz"
        }
        let (catalog, connection) = try await catalog()
        for _ in 0..<2 {
            let summary = try await catalog.ingest(path)
            #expect("\(summary.rows) \(summary.taken) \(summary.night) \(summary.broken)" == "6 3 1 1")
            #expect(summary.reasons == ["row 6: scene, path, row or date cannot be read"])
        }
        let rows = try await connection.query("SELECT * FROM antares.scene ORDER BY id")
        #expect(rows.map { $0["id"] } == ["LC80290462014001LGN01", "LC80290462014017LGN01", "LC80300452015002LGN01"])
        #expect(rows[0]["product"] == "again")
        #expect(rows[0]["cloud_land"] == "4")
        #expect(rows[0]["footprint"] == "029046")
        #expect(rows[1]["acquired"] == "2014-01-17")
        #expect(rows[2]["cloud"] == nil)
        #expect(rows[2]["sensor"] == "landsat8")
    }

    @Test func `columns of Collection 2 are known, footprints restrict, and coverage counts`() async throws {
        let folder = try TemporaryFolder()
        let table = """
            Display ID,Landsat Product Identifier L1,Landsat Scene Identifier,Date Acquired,WRS Path,WRS Row,\
            Land Cloud Cover,Scene Cloud Cover L1,Day/Night Indicator,Corner Upper Left Latitude,Corner Upper Left Longitude,\
            Corner Upper Right Latitude,Corner Upper Right Longitude,Corner Lower Left Latitude,Corner Lower Left Longitude,\
            Corner Lower Right Latitude,Corner Lower Right Longitude
            a,LC09_L1TP_029046_20220101_20220123_02_T1,LC90290462022001LGN01,2022/01/01,029,046,10,10,DAY,20,-104,20,-102,18,-104,18,-102
            b,LC09_L1TP_029046_20220117_20220123_02_T1,LC90290462022017LGN01,2022/01/17,029,046,60,60,DAY,20,-104,20,-102,18,-104,18,-102
            c,LC09_L1TP_001001_20220117_20220123_02_T1,LC90010012022017LGN01,2022/01/17,001,001,0,0,DAY,20,-104,20,-102,18,-104,18,-102
            """
        let footprints = """
            {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"PATH": 29, "ROW": 46},
            "geometry": {"type": "Polygon", "coordinates": [[[-104, 18], [-102, 18], [-102, 20], [-104, 20], [-104, 18]]]}}]}
            """
        let (catalog, connection) = try await catalog()
        let shape = try folder.write(footprints, to: "wrs.geojson")
        #expect(try await catalog.ingestFootprints(shape, sensor: "landsat", country: nil, column: nil) == 1)
        let summary = try await catalog.ingest(try folder.write(table, to: "c2.csv"))
        #expect("\(summary.taken) \(summary.elsewhere)" == "2 1")
        let period = TimeRange(
            begin: try #require(Timestamp.parse("2020-01-01")),
            end: try #require(Timestamp.parse("2023-01-01"))
        )
        let coverage = try await Coverage(connection, sensor: "landsat", period: period, maxCloud: 20)
        #expect(coverage.entries.count == 1)
        #expect(coverage.entries[0].footprint == "029046")
        #expect(coverage.entries[0].scenes == 2)
        #expect(coverage.entries[0].clear == 1)
        #expect(coverage.entries[0].clearObservations == 1.3)
        let box = try coverage.draw(to: folder.path("map.png"), size: 100)
        #expect(box == BoundingBox(left: -104, bottom: 18, right: -102, top: 20))
        let picture = try RasterFile(opening: folder.path("map.png"))
        let (width, height, bands) = (picture.width, picture.height, picture.bandCount)
        #expect("\(width) \(height) \(bands)" == "100 100 4")
        let green: [UInt8] = try picture.read(band: 2)
        #expect(green[5050] == 190)
    }

    @Test func `without footprints the picture goes by the corners of scenes`() async throws {
        let folder = try TemporaryFolder()
        let names =
            "sceneID,path,row,acquisitionDate,cloudCover,upperLeftCornerLatitude,upperLeftCornerLongitude,"
            + "upperRightCornerLatitude,upperRightCornerLongitude,lowerLeftCornerLatitude,lowerLeftCornerLongitude,"
            + "lowerRightCornerLatitude,lowerRightCornerLongitude"
        let table = """
            \(names)
            LC80290462014001LGN01,29,46,2014-01-01,50,20,-104,20,-102,18,-104,18,-102
            LC80290462014017LGN01,29,46,2014-01-17,50,,,,,,,,
            LC80300462014008LGN01,30,46,2014-01-08,0,20,-106,20,-104,18,-106,18,-104
            """
        let (catalog, connection) = try await catalog()
        #expect(try await catalog.ingest(try folder.write(table, to: "c.csv")).taken == 3)
        let period = try #require(TimeRange(period: "2014"))
        let coverage = try await Coverage(connection, sensor: "landsat", period: period, maxCloud: 20)
        let box = try coverage.draw(to: folder.path("map.png"), size: 200)
        #expect(box == BoundingBox(left: -106, bottom: 18, right: -102, top: 20))
    }

    @Test func `what is no table is refused`() async throws {
        let folder = try TemporaryFolder()
        let (catalog, connection) = try await catalog()
        let path = try folder.write("a,b,c\n1,2,3\n", to: "other.csv")
        let error = await #expect(throws: WorkflowError.self) { try await catalog.ingest(path) }
        #expect(error?.description.contains("has no column sceneid") == true)
        let open = try folder.write(
            "sceneID,path,row,acquisitionDate\n\"" + String(repeating: "x", count: 1 << 21),
            to: "q.csv"
        )
        let second = await #expect(throws: WorkflowError.self) { try await catalog.ingest(open) }
        #expect(second?.description.contains("more than a megabyte") == true)
        #expect(try await connection.query("SELECT FROM antares.scene").isEmpty)
    }
}
