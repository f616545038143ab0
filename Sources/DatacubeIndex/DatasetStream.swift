import IndexSQL
import Postgres

extension Index {
    /// The datasets that match a query, one after another: memory holds a part of them at a time, however many match.
    ///
    /// They come by product, and within a product in no order. The rows are those of the moment of the first one.
    /// Each stream has a connection of its own, which ends with it.
    public func stream(matching query: DatasetQuery, partSize: Int = 500) -> DatasetStream {
        DatasetStream(settings: settings, query: query, partSize: max(1, partSize))
    }
}

/// Datasets that come from a cursor on the server.
public struct DatasetStream: AsyncSequence, Sendable {
    public typealias Element = Dataset
    let settings: ConnectionSettings
    let query: DatasetQuery
    let partSize: Int

    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Reads part after part.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: DatasetStream
        private var connection: Connection?
        private var part: ArraySlice<Dataset> = []
        private var searches: ArraySlice<String> = []
        private var isReading = false
        private var remaining: Int

        init(stream: DatasetStream) {
            self.stream = stream
            remaining = stream.query.limit ?? .max
        }

        /// The next dataset, nil after the last.
        ///
        /// - Throws: `IndexError` with the nearest name for a product or field that does not exist; `PostgresError`.
        public mutating func next() async throws -> Dataset? {
            guard remaining > 0 else {
                connection = nil
                return nil
            }
            while part.isEmpty {
                guard try await readPart() else {
                    connection = nil
                    return nil
                }
            }
            remaining -= 1
            return part.popFirst()
        }

        /// False where nothing is left.
        private mutating func readPart() async throws -> Bool {
            try Task.checkCancellation()
            if connection == nil { try await begin() }
            guard let connection else { return false }
            if !isReading {
                guard let sql = searches.popFirst() else { return false }
                try await connection.perform { session in
                    try session.execute("DECLARE found NO SCROLL CURSOR FOR \(sql)")
                }
                isReading = true
            }
            let size = stream.partSize
            let rows = try await connection.perform { session in
                try session.query("FETCH \(size) FROM found").map(DatasetSearch.dataset)
            }
            part = rows[...]
            guard rows.count < size else { return true }
            try await connection.perform { try $0.execute("CLOSE found") }
            isReading = false
            return true
        }

        private mutating func begin() async throws {
            let connection = try await Connection.open(stream.settings)
            let query = stream.query
            searches = try await connection.perform { session in
                let select = try SQLFiles.query("select_datasets")
                // One moment for all products; the first rows are wanted soon.
                try session.execute(
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL cursor_tuple_fraction = 0.01"
                )
                return try DatasetSearch(session: session).searches(for: query).map { search in
                    "\(select) WHERE \(search.conditions.joined(separator: " AND "))"
                }
            }[...]
            self.connection = connection
        }
    }
}
