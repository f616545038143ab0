import Jobs

/// Files or an address that somebody has sent to be worked on: they become one job a scene.
struct Submission: Record, Equatable {
    static let recordKind = "submission"

    /// One scene of it and its job.
    struct Part: Codable, Sendable, Equatable {
        /// The job's number for clients of nova.astrometry.net.
        let number: Int
        let job: String
        /// The file or folder, below the submission's own folder.
        let path: String
        var isMade = false
    }

    let id: String
    let user: String
    /// Where it is fetched from; nil for a file that was uploaded.
    let address: String?
    /// The name of the file; of an address it is known once it is fetched.
    var fileName: String?
    /// Further parameters of the jobs.
    let settings: [JobParameter]
    /// Whether the user lets anybody read its results.
    let isPublic: Bool
    let created: Instant
    var started: Instant?
    var finished: Instant?
    /// Which service works on it, and until when that is believed.
    var holder: String?
    var heldUntil: Instant?
    var parts: [Part] = []
    var error: String?
    var revision = 0

    var number: Int { Int(id) ?? 0 }
    /// What is to be done is found without reading the rest.
    var key: String? { finished == nil ? Self.open : "finished" }
    static let open = "open"
}

/// A job by its number.
struct NumberedJob: Record {
    static let recordKind = "numbered-job"
    let id: String
    let user: String
    let job: String
    let submission: String
    var revision = 0

    var key: String? { user }
}

/// Counts up, whoever asks.
private struct Counter: Record {
    static let recordKind = "counter"
    let id: String
    var value: Int
    var revision = 0

    var key: String? { nil }
}

extension RecordStore {
    /// The next `count` numbers of a name, beginning with 1; nobody else gets them.
    func takeNumbers(_ name: String, count: Int = 1) async throws -> Range<Int> {
        _ = try await insert(StoredRecord(Counter(id: name, value: 0)))
        let last = try await change(name, Counter.self) { $0.value += count }.value
        return (last - count + 1)..<(last + 1)
    }
}
