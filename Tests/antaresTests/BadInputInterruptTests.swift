import Foundation
import Postgres
import TestSupport
import Testing

/// Ctrl-C while tiles are made.
@Suite("Bad input: Ctrl-C", .enabled(if: TestDatabase.isAvailable))
struct BadInputInterruptTests {
    @Test func `ingest keeps and indexes what is done, and the same command goes on`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000)
        try cube.expectDone("antares ingest -c ingestion.yaml")
        // Tiles of tiles: a netCDF file that is a pipe holds the program up, other images are refused at once.
        let changes = [
            "source_type: s2_l2a_20m_granule": "source_type: s2_l2a_20m_mexico",
            "output_type: s2_l2a_20m_mexico": "output_type: s2_again", "s2_l2a_20m/mexico/": "again/",
        ]
        try cube.writeIngestion("again.yaml", cell: 3000, changes: changes)
        let tiles = "tiles/s2_l2a_20m/mexico"
        let late = try #require(cube.files(tiles).first { $0.contains("_20170915") })
        try expectGoingOn(
            cube,
            line: "antares ingest -c again.yaml --executor serial",
            product: "s2_again",
            folder: "tiles/again",
            heldUpBy: cube.job.program.home.path("\(tiles)/\(late)")
        )
    }

    @Test func `apply_recipe does so too`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000)
        try cube.expectDone("antares ingest -c ingestion.yaml")
        let folder = "tiles/s2_l2a_20m/mexico"
        func cell(_ name: String) -> (y: Int, x: Int) {
            let parts = name.split(separator: "_").compactMap { Int($0) }
            return (parts[1], parts[0])
        }
        let last = try #require(cube.files(folder).max { cell($0) < cell($1) })
        try expectGoingOn(
            cube,
            line: "antares apply_recipe -recipe s2_20m_001 -b 2017-01-01 -e 2017-12-31 "
                + "-lat 20.5 20.7 -long -103.5 -103.3 --name yearly --executor multiproc 1",
            product: "yearly",
            folder: "tiles/recipes/yearly",
            heldUpBy: cube.job.program.home.path("\(folder)/\(last)")
        )
    }

    /// Interrupts a line once its first tile is there, then runs it again.
    ///
    /// `heldUpBy` is a file that a later tile needs: a pipe takes its place, so that the program waits there until it is
    /// interrupted, however fast or slow the machine is.
    private func expectGoingOn(
        _ cube: BadInputCube,
        line: String,
        product: String,
        folder: String,
        heldUpBy obstacle: String
    ) throws {
        let aside = obstacle + ".aside"
        try FileManager.default.moveItem(atPath: obstacle, toPath: aside)
        try #require(mkfifo(obstacle, 0o600) == 0)
        let running = try cube.job.start(line)
        wait { !running.isRunning || cube.files(folder).contains { !$0.contains("partial") } }
        running.send(signal: SIGINT)
        // Let go before the program knows of the signal, the tile would fail instead of being interrupted.
        wait { !running.isRunning || running.errorsSoFar.contains("interrupted: stopping") }
        release(running, from: obstacle)
        let interrupted = try running.wait()
        try FileManager.default.removeItem(atPath: obstacle)
        try FileManager.default.moveItem(atPath: aside, toPath: obstacle)
        #expect(interrupted.status == 130)
        let counts = try #require(interrupted.output.firstMatch(of: #/: (\d+) tiles? written, 0 already there\n/#))
        let written = try #require(Int(counts.1))
        let said = try #require(
            interrupted.errors.firstMatch(
                of: #/error: interrupted: (\d+) tiles? of (\w+) not made. What is done is kept and indexed; (.*)\n/#
            ),
            "\(interrupted.errors)"
        )
        let missing = try #require(Int(said.1))
        #expect(said.2 == product && said.3 == "run the same command again to go on.")
        #expect(written > 0 && missing > 0)
        let left = cube.files(folder)
        #expect(left.count == written && left.allSatisfy { !$0.contains("partial") }, "\(left)")
        #expect(try cube.indexedCount(product) == written)

        let again = try cube.job.run(line)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output.contains(": \(missing) tile\(missing == 1 ? "" : "s") written, \(written) already there"))
        #expect(try cube.indexedCount(product) == written + missing)
        #expect(cube.files(folder).count == written + missing)
    }

    @Test func `a second Ctrl-C ends the program at once`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion()
        // The program waits for a table that the test holds: nothing but the second signal ends that.
        let holder = try Session(cube.job.database)
        defer { holder.close() }
        try holder.execute("BEGIN; LOCK TABLE agdc.dataset_type IN ACCESS EXCLUSIVE MODE")
        let running = try cube.job.start("antares ingest -c ingestion.yaml")
        let watcher = try Session(cube.job.database)
        defer { watcher.close() }
        wait {
            let waiting = try? watcher.query(
                """
                SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE NOT l.granted AND d.datname = current_database()
                """
            )
            return !running.isRunning || waiting?.isEmpty == false
        }
        running.send(signal: SIGINT)
        let notice = "interrupted: stopping after what is being written; once more ends at once\n"
        wait { !running.isRunning || running.errorsSoFar == notice }
        #expect(running.isRunning)
        running.send(signal: SIGINT)
        let result = try running.wait()
        #expect(result.status == 130)
        #expect(result.output.isEmpty && result.errors == notice)
    }

    /// Feeds a pipe with what no reader takes for an image, until the program has ended.
    private func release(_ running: RunningProgram, from pipe: String) {
        // The program may close the pipe between the two calls below.
        signal(SIGPIPE, SIG_IGN)
        wait {
            let descriptor = open(pipe, O_WRONLY | O_NONBLOCK)
            if descriptor >= 0 {
                _ = write(descriptor, "no image", 8)
                close(descriptor)
            }
            return !running.isRunning
        }
    }

    /// Waits until something is so, at most ten minutes: a machine may be busy with other tests.
    private func wait(until isSo: () -> Bool) {
        for _ in 0..<60_000 where !isSo() { Thread.sleep(forTimeInterval: 0.01) }
    }
}
