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

    private static let scales: [(most: Double, marks: [Double])] = [
        (1.3, [0, 0.5, 1]), (0.04, [0, 0.01, 0.02, 0.03, 0.04]), (23, [0, 5, 10, 15, 20]),
        (480, [0, 100, 200, 300, 400]),
    ]

    @Test(arguments: scales)
    func `the legend of coverage has round numbers up to the most`(most: Double, marks: [Double]) {
        let found = CoverageLegend(most: most, size: 100).marks
        #expect(found.count == marks.count && zip(found, marks).allSatisfy { abs($0 - $1) < 1e-9 }, "\(found)")
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
