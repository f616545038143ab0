import Foundation

/// Something that the service keeps beside jobs: a user, a token, a schedule.
public protocol Record: Codable, Sendable {
    /// What its table calls it.
    static var recordKind: String { get }
    /// Unique within its kind.
    var id: String { get }
    /// What it belongs to, as a token to its user.
    var key: String? { get }
    /// Counts changes: a change is stored only over the revision that it was made from.
    var revision: Int { get set }
}

/// The stored form of a record.
public struct StoredRecord: Sendable, Equatable {
    public let kind: String
    public let id: String
    public let key: String?
    public let revision: Int
    /// JSON.
    public let document: String

    init(_ record: some Record) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        (kind, id, key, revision) = (type(of: record).recordKind, record.id, record.key, record.revision)
        document = String(decoding: try encoder.encode(record), as: UTF8.self)
    }
}

/// Where records are kept; several services may use one store at the same time.
public protocol RecordStore: Sendable {
    /// Keeps a new record.
    ///
    /// - Returns: False where there is one of its kind and name.
    func insert(_ record: StoredRecord) async throws -> Bool

    /// Replaces a record by its next revision.
    ///
    /// - Returns: False where it was changed or removed since the revision before was read.
    func update(_ record: StoredRecord) async throws -> Bool

    /// Forgets a record.
    ///
    /// - Returns: False where there was none.
    func delete(kind: String, id: String) async throws -> Bool

    /// The document of a record, nil where there is none.
    func document(kind: String, id: String) async throws -> String?

    /// The documents of a kind in the order of their names, all or those that belong to something.
    func documents(kind: String, key: String?) async throws -> [String]
}

extension RecordStore {
    public func find<R: Record>(_ id: String, _ type: R.Type = R.self) async throws -> R? {
        try await document(kind: R.recordKind, id: id).map(decoded)
    }

    public func all<R: Record>(_ type: R.Type = R.self, of key: String? = nil) async throws -> [R] {
        try await documents(kind: R.recordKind, key: key).map(decoded)
    }

    /// - Throws: `ServiceError` (conflict) where there is one of that name.
    public func add(_ record: some Record) async throws {
        guard try await insert(StoredRecord(record)) else {
            throw ServiceError(.conflict, "there is already a \(type(of: record).recordKind) '\(record.id)'.")
        }
    }

    /// Reads a record, changes it and stores it, again and again until nobody came between.
    ///
    /// - Returns: The record as stored.
    /// - Throws: `ServiceError` (not found) where there is none; what `body` throws.
    @discardableResult
    public func change<R: Record>(
        _ id: String,
        _ type: R.Type = R.self,
        _ body: (inout R) throws -> Void
    ) async throws -> R {
        while true {
            guard var record: R = try await find(id) else {
                throw ServiceError(.notFound, "there is no \(R.recordKind) '\(id)'.")
            }
            try body(&record)
            record.revision += 1
            if try await update(StoredRecord(record)) { return record }
            try Task.checkCancellation()
        }
    }

    /// - Returns: False where there was none.
    @discardableResult
    public func remove<R: Record>(_ id: String, _ type: R.Type) async throws -> Bool {
        try await delete(kind: R.recordKind, id: id)
    }

    private func decoded<R: Record>(_ document: String) throws -> R {
        do {
            return try JSONDecoder().decode(R.self, from: Data(document.utf8))
        } catch {
            throw ServiceError(.internal, "cannot read a \(R.recordKind) in the store: \(error)")
        }
    }
}
