import DatacubeIndex
import Documents
import Foundation
import Geo
import Postgres
import TestSupport
import Testing

/// Datasets that come from the server in parts.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct DatasetStreamTests {
    private func makeIndex(_ count: Int) async throws -> Index {
        let index = try await Samples.makeIndex()
        let candidates = try (0..<count).map { number in
            let id = "6d4894ed-3368-47cb-a8f4-" + String(1_000_000 + number).leftPadded(12)
            let day = String(1 + number % 28).leftPadded(2)
            let text = Samples.scene(id: id, time: "2017-03-\(day)T17:20:00Z")
            return DatasetCandidate(document: try Samples.document(text), location: "file:///\(number).yaml")
        }
        let results = try await index.addDatasets(candidates)
        #expect(results.allSatisfy { $0.outcome == .added })
        // In order, though they are prepared on several cores.
        #expect(results.map(\.location) == candidates.map(\.location))
        return index
    }

    @Test func `a stream gives each dataset once, whatever the size of its parts`() async throws {
        let index = try await makeIndex(120)
        let all = Set(try await index.datasets(matching: DatasetQuery()).map(\.id))
        #expect(all.count == 120)
        for size in [1, 50, 60, 500] {
            var seen: [UUID] = []
            for try await dataset in index.stream(matching: DatasetQuery(), partSize: size) { seen.append(dataset.id) }
            #expect(seen.count == 120 && Set(seen) == all)
        }
        var limited = 0
        for try await _ in index.stream(matching: DatasetQuery(limit: 70), partSize: 50) { limited += 1 }
        #expect(limited == 70)
        let day = DatasetQuery(time: TimeRange(period: "2017-03-05"))
        var found: [Dataset] = []
        for try await dataset in index.stream(matching: day) { found.append(dataset) }
        #expect(Set(found) == Set(try await index.datasets(matching: day)) && !found.isEmpty)
    }

    @Test func `a stream that is left early ends its connection, and does not see later rows`() async throws {
        let index = try await makeIndex(30)
        func streams() throws -> Int {
            let sql = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = $1 AND state = 'idle in transaction'"
            return try Session(index.settings).query(sql, [index.settings.database]).first?.int("n") ?? -1
        }
        var seen = 0
        for try await dataset in index.stream(matching: DatasetQuery(), partSize: 10) {
            if seen == 0 {
                #expect(try streams() == 1)
                // Another program archives what has not come yet.
                try await index.archive(try await index.datasets(matching: DatasetQuery()).map(\.id))
                #expect(!dataset.isArchived)
            }
            seen += 1
            if seen == 25 { break }
        }
        #expect(seen == 25)
        // The server takes a moment to see the end of the connection.
        for _ in 0..<2000 where try streams() > 0 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try streams() == 0)
    }

    @Test func `an unknown product is reported by the first step`() async throws {
        let index = try await makeIndex(1)
        var iterator = index.stream(matching: DatasetQuery(product: "ls_dmo")).makeAsyncIterator()
        await #expect(throws: IndexError.self) { _ = try await iterator.next() }
    }
}

extension String {
    fileprivate func leftPadded(_ length: Int) -> String {
        String(repeating: "0", count: max(0, length - count)) + self
    }
}
