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
        try expectGoingOn(
            cube,
            line: "antares ingest -c ingestion.yaml --executor multiproc 2",
            product: "s2_l2a_20m_mexico",
            folder: "tiles/s2_l2a_20m/mexico"
        )
    }

    @Test func `apply_recipe does so too`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000)
        try cube.expectDone("antares ingest -c ingestion.yaml")
        try expectGoingOn(
            cube,
            line: "antares apply_recipe -recipe s2_20m_001 -b 2017-01-01 -e 2017-12-31 "
                + "-lat 20.5 20.7 -long -103.5 -103.3 --name yearly --executor multiproc 1",
            product: "yearly",
            folder: "tiles/recipes/yearly"
        )
    }

    /// Interrupts a line once its first tile is there, then runs it again.
    private func expectGoingOn(_ cube: BadInputCube, line: String, product: String, folder: String) throws {
        let running = try cube.job.start(line)
        wait { !running.isRunning || cube.files(folder).contains { !$0.contains("partial") } }
        running.send(signal: SIGINT)
        let interrupted = try running.wait()
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
        Thread.sleep(forTimeInterval: 0.3)
        #expect(running.isRunning)
        running.send(signal: SIGINT)
        let result = try running.wait()
        #expect(result.status == 130)
        #expect(result.output.isEmpty && result.errors.isEmpty)
    }

    /// Waits until something is so, at most a minute.
    private func wait(until isSo: () -> Bool) {
        for _ in 0..<6000 where !isSo() { Thread.sleep(forTimeInterval: 0.01) }
    }
}
