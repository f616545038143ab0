import Foundation
import IndexSQL
import Postgres
import TestSupport
import Testing

@testable import JobService

/// The same claims for every store.
struct RecordStoreTests {
    enum Kind: CaseIterable { case postgres, sqlite }

    private struct Note: Record, Equatable {
        static let recordKind = "note"
        let id: String
        var key: String?
        var text: String
        var revision = 0
    }

    private struct Other: Record, Equatable {
        static let recordKind = "other"
        let id: String
        var revision = 0
        var key: String? { nil }
    }

    /// Two connections to one fresh store, as two services have them.
    private func makeStores(_ kind: Kind) async throws -> (folder: TemporaryFolder, any RecordStore, any RecordStore) {
        let folder = try TemporaryFolder()
        switch kind {
        case .postgres:
            let settings = try TestDatabase.make("uws", migrations: try SQLFiles.url("migrations/uws"))
            return (
                folder, PostgresRecordStore(try await ConnectionPool(settings)),
                PostgresRecordStore(try await ConnectionPool(settings))
            )
        case .sqlite:
            let file = URL(fileURLWithPath: folder.path("state/service.sqlite"))
            return (folder, try SQLiteRecordStore(opening: file), try SQLiteRecordStore(opening: file))
        }
    }

    private static var kinds: [Kind] { TestDatabase.isAvailable ? Kind.allCases : [.sqlite] }

    @Test(arguments: kinds) func `a record is there for other services as it was added, once`(kind: Kind) async throws {
        let (_, one, other) = try await makeStores(kind)
        let note = Note(id: "x'; DROP TABLE record; --", key: "né\"", text: "a\n\u{1F600}")
        try await one.add(note)
        #expect(try await other.find(note.id, Note.self) == note)
        #expect(try await other.find("none", Note.self) == nil)
        let error = await #expect(throws: ServiceError.self) { try await other.add(note) }
        #expect(error?.code == .conflict)
        #expect(try await other.remove(note.id, Note.self))
        #expect(try await !one.remove(note.id, Note.self))
        #expect(try await one.find(note.id, Note.self) == nil)
    }

    @Test(arguments: kinds) func `records of different kinds do not meet`(kind: Kind) async throws {
        let (_, store, _) = try await makeStores(kind)
        try await store.add(Note(id: "a", key: nil, text: "note"))
        try await store.add(Other(id: "a"))
        #expect(try await store.remove("a", Other.self))
        #expect(try await store.find("a", Note.self)?.text == "note")
    }

    @Test(arguments: kinds) func `lists are in the order of names, all or those of a key`(kind: Kind) async throws {
        let (_, store, _) = try await makeStores(kind)
        for (id, key) in [("b", "ann"), ("a", "bob"), ("B", "ann"), ("c", nil)] {
            try await store.add(Note(id: id, key: key, text: ""))
        }
        #expect(try await store.all(Note.self).map(\.id) == ["B", "a", "b", "c"])
        #expect(try await store.all(Note.self, of: "ann").map(\.id) == ["B", "b"])
        #expect(try await store.all(Note.self, of: "x' OR '1'='1").isEmpty)
        try await store.change("b", Note.self) { $0.key = "bob" }
        #expect(try await store.all(Note.self, of: "bob").map(\.id) == ["a", "b"])
    }

    @Test(arguments: kinds) func `a change over an old revision is refused`(kind: Kind) async throws {
        let (_, one, other) = try await makeStores(kind)
        var note = Note(id: "a", key: nil, text: "1")
        try await one.add(note)
        note.revision = 1
        #expect(try await one.update(StoredRecord(note)))
        #expect(try await !other.update(StoredRecord(note)))
        let error = await #expect(throws: ServiceError.self) { try await one.change("none", Note.self) { _ in } }
        #expect(error?.code == .notFound)
    }

    @Test(arguments: kinds) func `changes of many writers are all kept`(kind: Kind) async throws {
        let (_, one, other) = try await makeStores(kind)
        try await one.add(Note(id: "a", key: nil, text: ""))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                let store: any RecordStore = number.isMultiple(of: 2) ? one : other
                group.addTask { try await store.change("a", Note.self) { $0.text += "x" } }
            }
            try await group.waitForAll()
        }
        let last = try #require(try await one.find("a", Note.self))
        #expect(last.text.count == 20 && last.revision == 20)
    }

    @Test(arguments: kinds) func `of many who add one name, one does, and numbers are given once`(
        kind: Kind
    ) async throws {
        let (_, one, other) = try await makeStores(kind)
        let (winners, numbers) = try await withThrowingTaskGroup(of: (Bool, Range<Int>).self) { group in
            for number in 0..<12 {
                let store: any RecordStore = number.isMultiple(of: 2) ? one : other
                group.addTask {
                    let won = try await store.insert(StoredRecord(Note(id: "slot", key: nil, text: "\(number)")))
                    return (won, try await store.takeNumbers("job", count: 2))
                }
            }
            return try await group.reduce(into: (0, [Int]())) { $0 = ($0.0 + ($1.0 ? 1 : 0), $0.1 + Array($1.1)) }
        }
        #expect(winners == 1)
        #expect(numbers.sorted() == Array(1...24))
    }
}
