import Documents
import Foundation
import Postgres
import TestSupport
import Testing

/// The Open Data Cube's own web services on an index that antares made: Explorer with its STAC API, which odc-stac reads, and
/// OWS; on datacube 1.8 and 1.9.
@Suite(.enabled(if: TestDatabase.isAvailable && !TestPython.services.isEmpty))
struct WebServicesTests {
    private static let folder = Result {
        let job = try TestJob()
        let simulated = try job.antares(
            "simulate --sensor landsat_c2 --out sim --lon -103.4 --lat 20.6 --size-km 4 --tiles 2 --seed 7 "
                + "--dates 2017-01-15,2017-05-15"
        )
        #expect(simulated.status == 0, "\(simulated.errors)")
        return job.program.home.path("sim/scenes")
    }

    private let job: TestJob
    private let scenes: String

    /// An index with two scenes of each of two days.
    init() throws {
        (job, scenes) = (try TestJob(), try Self.folder.get())
        for line in ["antares init --no-create-tables", "datacube system init", "antares index \(scenes)"] {
            let result = try job.run(line)
            #expect(result.status == 0, "\(line): \(result.errors)")
        }
    }

    /// Runs a program of the services' environment.
    @discardableResult
    private func run(_ words: [String], _ python: TestPython, program: String = "python") throws -> ShellResult {
        var environment = python.environment(job.database)
        environment["HOME"] = job.program.home.path
        environment["DATACUBE_OWS_CFG"] = repository.appending(path: "Tests/odc/ows.json").path
        let result = try python.start(words, program: program, database: nil, environment: environment)
        #expect(result.status == 0, "\(program) \(words) \(result.output)\(result.errors.suffix(3000))")
        return result
    }

    /// Runs a check and reads what it reports, its last line.
    private func report(_ script: String, _ words: [String], _ python: TestPython) throws -> DocumentValue {
        let result = try run(["-W", "ignore", pythonFile(script)] + words, python)
        let line = try #require(result.output.split(separator: "\n").last)
        return try JSONText.parse(String(line), origin: script)
    }

    @Test(arguments: TestPython.services)
    func `Explorer shows the datasets, and odc-stac loads them through it, with the pixels of the files`(
        _ python: TestPython
    ) throws {
        // In one process: its workers, forked beside threads, wait for each other now and then.
        try run(["--init", "--all", "--jobs", "1"], python, program: "cubedash-gen")
        let found = try report("check_explorer.py", ["landsat_c2_l2", scenes], python)
        #expect(found["products"] == ["landsat_c2_l2"] && found["audited"] == ["landsat_c2_l2": 4])
        #expect(found["page"] == 4 && found["months"] == ["2017-1": 2, "2017-5": 2], "\(found)")
        #expect(found["regions"] == ["029046", "029047"])
        #expect(found["items"] == 4 && found["items_of_first_day"] == 2, "\(found)")
        for key in [
            "interval_is_right", "item_times_are_right", "document_names_itself", "dataset_page_names_itself",
        ] { #expect(found[key] == true, "\(key)") }
        // Explorer computes extents in EPSG:6933 and back.
        #expect(try #require(found["box_is_off_by"]?.double) < 1e-6)
        // Four scenes of 133 by 133 pixels. 1.9 reads the index by odc-loader as well.
        for loader in ["odc_stac"] + (python.series == "1.8" ? [] : ["odc_loader"]) {
            #expect(found[loader] == ["pixels": 70756, "differ": 0], "\(loader): \(found)")
        }
        // What antares archives goes at the next update, and what it restores comes back.
        let listed = try job.datacube("dataset search -f csv --limit 1").output
        let id = try #require(listed.firstMatch(of: #/[0-9a-f]{8}-[0-9a-f-]{27}/#)?.output)
        for (verb, count) in [("archive", 3), ("restore", 4)] {
            #expect(try job.datacube("dataset \(verb) \(id)").status == 0)
            let updated = try run(["--all", "--jobs", "1"], python, program: "cubedash-gen")
            #expect((updated.output + updated.errors).contains("contains \(count) total datasets"), "\(verb)")
        }
    }

    @Test(arguments: TestPython.services)
    func `OWS shows maps and hands out coverages with the pixels of the files`(_ python: TestPython) throws {
        let user = try #require(job.database.user)
        for words in [["--schema"] + (python.series == "1.8" ? ["--role", user] : []), ["--views"], []] {
            try run(words, python, program: "datacube-ows-update")
        }
        let found = try report("check_ows.py", [scenes, "2017-01-15", "2017-05-15"], python)
        #expect(found["times"] == ["2017-01-15", "2017-05-15"])
        // gdalinfo of the two scenes: the corners of both.
        let box = (found["box"]?.array ?? []).compactMap(\.double)
        #expect(box.count == 4)
        for (side, expected) in zip(box, [-103.4196934, 20.5659171, -103.3807022, 20.6348282]) {
            #expect(abs(side - expected) < 1e-6, "\(box)")
        }
        for day in ["2017-01-15", "2017-05-15"] {
            // On the scenes' own grid every pixel is the file's; nine columns of the map lie beside the scenes.
            let native = try #require(found["EPSG:32613 \(day)"])
            #expect(native["pixels"] == 9100 && native["equal"] == 9100 && native["opaque"] == 9100, "\(found)")
            #expect(native["opaque_beyond"] == 0 && (native["distinct"]?.double ?? 0) > 200, "\(found)")
            // Elsewhere datacube's transformation is good to an eighth of a pixel, ours with gdalwarp is exact.
            let warped = try #require(found["EPSG:3857 \(day)"])
            let (pixels, equal) = (warped["pixels"]?.double ?? 0, warped["equal"]?.double ?? 0)
            #expect(pixels > 8000 && equal > 0.99 * pixels, "\(found)")
        }
        #expect(found["coverage_differs"] == 0)
    }
}
