import Foundation
import Geo
import Raster
import TestSupport
import Testing

@testable import Simulation

@Suite struct SimulateScenesTests {
    private func days(_ texts: String...) -> [Date] { texts.compactMap(Timestamp.parse) }

    private func plan(_ change: (inout SimulationPlan) -> Void = { _ in }) -> SimulationPlan {
        var plan = SimulationPlan(
            center: Point(x: -103.4, y: 20.6),
            tileSize: 2_400,
            dates: days("2017-03-15", "2017-09-15"),
            resolutions: [20],
            pointsPerClass: 10
        )
        change(&plan)
        return plan
    }

    private func band(_ scene: SimulatedScene, _ band: String) throws -> (pixels: [UInt16], grid: GeoBox) {
        let files = FileManager.default.enumerator(atPath: scene.path)?.compactMap { $0 as? String } ?? []
        let name = try #require(files.first { $0.contains(band) && !$0.hasSuffix(".xml") })
        let file = try RasterFile(opening: "\(scene.path)/\(name)")
        let grid = file.geoBox
        return (try file.read(UInt16.self, band: 1), try #require(grid))
    }

    @Test func `two runs write the same bytes`() async throws {
        let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
        let small = plan { ($0.tileSize, $0.writesElevation) = (1_200, true) }
        _ = try await simulateScenes(small, into: first.path)
        _ = try await simulateScenes(small, into: second.path)
        #expect(first.files() == second.files())
        #expect(first.files().count > 40)
        for name in first.files() {
            let (a, b) = ("\(first.path)/\(name)", "\(second.path)/\(name)")
            #expect(FileManager.default.contents(atPath: a) == FileManager.default.contents(atPath: b), "\(name)")
        }
    }

    @Test(arguments: [20.6, -33.5]) func `neighbouring tiles agree where they overlap`(latitude: Double) async throws {
        let folder = try TemporaryFolder()
        let result = try await simulateScenes(
            plan { ($0.center.y, $0.format, $0.dates) = (latitude, .tif, days("2017-09-15")) },
            into: folder.path
        )
        #expect(result.scenes.count == 2)
        for name in ["B04_20m", "SCL_20m"] {
            let (left, right) = (try band(result.scenes[0], name), try band(result.scenes[1], name))
            #expect(left.grid.crs == CRS(latitude < 0 ? "EPSG:32713" : "EPSG:32613"))
            let shift = Int((right.grid.affine.c - left.grid.affine.c) / 20)
            let overlap = left.grid.width - shift
            #expect(overlap == left.grid.width - Int((2400 / 1.098 / 60).rounded()) * 3)
            for row in 0..<left.grid.height {
                let a = left.pixels[(row * left.grid.width + shift)..<((row + 1) * left.grid.width)]
                let b = right.pixels[(row * right.grid.width)..<(row * right.grid.width + overlap)]
                #expect(a.elementsEqual(b))
            }
        }
    }

    @Test func `the scene classification fits the reflectance`() async throws {
        let folder = try TemporaryFolder()
        let result = try await simulateScenes(
            plan { ($0.tileSize, $0.tileCount, $0.cloudCover, $0.emptyEdge) = (4_200, 1, 0.4, 0.2) },
            into: folder.path
        )
        for scene in result.scenes {
            let (classes, blue) = (try band(scene, "SCL_20m").pixels, try band(scene, "B02_20m").pixels)
            let probability = try band(scene, "CLDPRB_20m").pixels
            let (red, nir) = (try band(scene, "B04_20m").pixels, try band(scene, "B8A_20m").pixels)
            func mean(_ pixels: [UInt16], _ values: Set<UInt16>) -> Double {
                let chosen = zip(pixels, classes).filter { values.contains($0.1) }.map { Double($0.0) }
                return chosen.reduce(0, +) / Double(chosen.count)
            }
            #expect(mean(blue, [9]) > 5000)
            #expect(mean(blue, [8]) > mean(blue, [10]) + 500)
            #expect(mean(blue, [4, 5]) < 1600)
            #expect(mean(nir, [3]) < 0.75 * mean(nir, [4, 5]))
            #expect(mean(nir, [4]) > 2 * mean(red, [4]))
            for index in classes.indices {
                #expect((classes[index] == 0) == (blue[index] == 0))
                if classes[index] == 9 { #expect(probability[index] >= 60) }
            }
            let empty = Double(classes.count { $0 == 0 }) / Double(classes.count)
            #expect(abs(empty - 0.2) < 0.02)
        }
    }

    @Test func `from baseline 04.00 on the numbers hold 1000 more`() async throws {
        let (old, new) = (try TemporaryFolder(), try TemporaryFolder())
        let one = plan { ($0.tileSize, $0.tileCount, $0.dates) = (1_200, 1, days("2023-03-15")) }
        let before = try await simulateScenes(one, into: old.path)
        var later = one
        later.baseline = "05.09"
        let after = try await simulateScenes(later, into: new.path)
        let (a, b) = (try band(before.scenes[0], "B03_20m").pixels, try band(after.scenes[0], "B03_20m").pixels)
        #expect(zip(a, b).allSatisfy { abs(Int($1) - Int($0) - 1000) <= 1 })
        #expect(after.scenes[0].path.contains("_N0509_"))
        let metadata = try String(contentsOfFile: "\(after.scenes[0].path)/MTD_MSIL2A.xml", encoding: .utf8)
        #expect(metadata.contains(#"<BOA_ADD_OFFSET band_id="12">-1000</BOA_ADD_OFFSET>"#))
    }

    @Test func `changed pixels change their spectrum on the date that the truth says`() async throws {
        let folder = try TemporaryFolder()
        let result = try await simulateScenes(
            plan {
                ($0.tileSize, $0.tileCount, $0.cloudCover, $0.changeFraction) = (3_000, 1, 0, 0.6)
                $0.dates = days("2017-09-01", "2018-03-01", "2018-09-01")
            },
            into: folder.path
        )
        let before = try RasterFile(opening: "\(folder.path)/truth/class_before.tif").read(UInt8.self, band: 1)
        let after = try RasterFile(opening: "\(folder.path)/truth/class_after.tif").read(UInt8.self, band: 1)
        let dates = try RasterFile(opening: "\(folder.path)/truth/change_date.tif").read(Int32.self, band: 1)
        #expect(zip(before, after).allSatisfy { $0 != 0 && $1 != 0 })
        #expect(zip(zip(before, after), dates).allSatisfy { ($0.0 == $0.1) == ($1 == 0) })
        #expect(dates.allSatisfy { $0 == 0 || (20_170_901...20_180_901).contains(Int($0)) })
        // Pixels that change after March keep their September reflectance of a year before only as long as they stand.
        let (first, last) = (try band(result.scenes[0], "B04_20m").pixels, try band(result.scenes[2], "B04_20m").pixels)
        func change(_ predicate: (Int) -> Bool) -> Double {
            let chosen = first.indices.filter(predicate)
            return chosen.reduce(0) { $0 + abs(Double(last[$1]) - Double(first[$1])) } / Double(chosen.count)
        }
        #expect(change { dates[$0] != 0 } > 5 * change { dates[$0] == 0 })
    }

    @Test func `landsat scenes carry Collection 2's numbers and quality bits`() async throws {
        let folder = try TemporaryFolder()
        let result = try await simulateScenes(
            plan { ($0.sensor, $0.tileCount, $0.tileSize, $0.emptyEdge) = (.landsat, 2, 3_000, 0.1) },
            into: folder.path
        )
        #expect(result.scenes.count == 4)
        #expect(result.scenes[0].path.hasSuffix("LC08_L2SP_029046_20170315_20170329_02_T1"))
        let quality = try band(result.scenes[0], "QA_PIXEL").pixels
        // Values that the USGS lists for Landsat 8: fill, clear, clear over water, cloud, shadow, cirrus, mid cloud.
        let known: Set<UInt16> = [1, 21_824, 21_952, 22_280, 23_888, 24_016, 54_596, 54_724, 22_024, 22_152]
        #expect(Set(quality).isSubset(of: known), "\(Set(quality).subtracting(known))")
        let (red, grid) = try band(result.scenes[0], "SR_B4")
        #expect(zip(quality, red).allSatisfy { ($0 == 1) == ($1 == 0) })
        #expect(grid.affine.c.truncatingRemainder(dividingBy: 30) == 15)
        let land = zip(quality, red).filter { $0.0 == 21_824 }.map { Double($0.1) * 2.75e-5 - 0.2 }
        let mean = land.reduce(0, +) / Double(land.count)
        #expect((0.02...0.3).contains(mean))
    }

    @Test func `impossible plans are refused with a reason`() {
        #expect(plan { $0.center.y = 85 }.problem?.contains("latitude") == true)
        #expect(plan { $0.baseline = "4" }.problem?.contains("02.04") == true)
        #expect(plan { $0.resolutions = [30] }.problem?.contains("10, 20 and 60") == true)
        #expect(plan { $0.dates = [] }.problem == "no date is given")
        #expect(plan().problem == nil)
    }
}
