import Foundation
public import Jobs
public import Logging

/// The job types that the service offers: those of antares, and those that its users have described.
///
/// Users' are files of a folder, `NAME.json`: drafts below `tmp`, older versions below `saved` as `NAME_vVERSION_TIME.json`.
/// A file appears there complete or not at all, and what another program changes is seen at the next question.
public actor DescriptionStore {
    /// A description that is not used yet.
    public struct Draft: Sendable, Equatable, Codable {
        /// Nil for one that the command line has made.
        public let author: String?
        public let saved: Instant
        /// True once an administrator has been asked to look at it.
        public var isRequested = false
    }

    /// A file of the folder that holds no description of a job type.
    public struct Fault: Sendable, Equatable {
        public let file: String
        /// What is wrong with it, and where, as far as that is known.
        public let reason: String
    }

    private let folder: String
    private let log: Logger?
    private let builtIn: [String: JobDescription]
    private var wrong: [String: Fault] = [:]
    private var own: [String: JobDescription] = [:]
    private var seen: Date?

    /// Words of addresses that no job type can be called by.
    private static let words: Set<String> = ["tmp", "saved", "import_jdl"]

    /// Reads the descriptions of a folder, which is made where it is missing.
    ///
    /// A file that holds none is left out, and named in the log and by `faults`.
    ///
    /// - Parameters:
    ///   - folder: Its path.
    ///   - builtIn: The job types of antares itself.
    ///   - log: Hears of files that are left out; nil for nobody.
    /// - Throws: `ServiceError` for a folder that cannot be made or read.
    public init(folder: String, builtIn: [JobDescription], log: Logger? = nil) throws {
        (self.folder, self.log) = (folder, log)
        self.builtIn = Dictionary(builtIn.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        do {
            for name in ["tmp", "saved"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            _ = try Self.names(in: folder)
        } catch {
            throw ServiceError(.internal, "cannot read the job descriptions in '\(folder)': \(error)")
        }
    }

    // MARK: - Reading

    public subscript(name: String) -> JobDescription? {
        look()
        return builtIn[name] ?? own[name]
    }

    public var names: [String] {
        look()
        return Set(own.keys).union(builtIn.keys).sorted()
    }

    /// Files that are left out, by their names; of one that was right when it was last read, that description still counts.
    public var faults: [Fault] {
        look()
        return wrong.values.sorted { $0.file < $1.file }
    }

    /// True for a job type of antares itself, which nobody changes.
    public func isBuiltIn(_ name: String) -> Bool { builtIn[name] != nil }

    /// A draft with what is known of it; nil where there is none.
    public func draft(_ name: String) throws -> (description: JobDescription, draft: Draft)? {
        guard Self.isName(name), FileManager.default.fileExists(atPath: path(name, "tmp")) else { return nil }
        let data = try Data(contentsOf: URL(fileURLWithPath: state(name)))
        return (try Self.read(path(name, "tmp")), try JSONDecoder().decode(Draft.self, from: data))
    }

    /// The names of drafts.
    public var drafts: [String] { get throws { try Self.names(in: "\(folder)/tmp") } }

    /// An older version by the name of its file without the suffix; nil where there is none.
    public func saved(_ name: String) throws -> JobDescription? {
        guard Self.isName(name), FileManager.default.fileExists(atPath: path(name, "saved")) else { return nil }
        return try Self.read(path(name, "saved"))
    }

    // MARK: - Changing

    /// Keeps a draft, in place of one of the same author.
    ///
    /// - Throws: `JobError` for a description with mistakes; `ServiceError` for the name of a job type of antares, and for
    ///   a draft of somebody else's.
    public func save(_ description: JobDescription, by author: String?, isAdministrator: Bool) throws {
        try checkName(description)
        if let (_, present) = try draft(description.name), present.author != author, !isAdministrator {
            throw ServiceError(.forbidden, "there is a draft '\(description.name)' of somebody else's.")
        }
        try write(try JSONEncoder().encode(Draft(author: author, saved: .now)), to: state(description.name))
        try write(Data(description.json.utf8), to: path(description.name, "tmp"))
    }

    /// Notes that an administrator shall look at a draft.
    public func request(_ name: String) throws {
        guard var (_, draft) = try draft(name) else { throw Self.missing(name) }
        draft.isRequested = true
        try write(try JSONEncoder().encode(draft), to: state(name))
    }

    /// Makes a draft the description that is used; the one before is kept among the saved ones.
    public func validate(_ name: String) throws {
        guard let (description, _) = try draft(name) else { throw Self.missing(name) }
        try add(description)
        try removeDraft(name)
    }

    public func removeDraft(_ name: String) throws {
        guard Self.isName(name), unlink(path(name, "tmp")) == 0 else { throw Self.missing(name) }
        unlink(state(name))
    }

    /// Makes a description the one that is used; the one before is kept among the saved ones.
    ///
    /// - Throws: `JobError` for a description with mistakes; `ServiceError` for the name of a job type of antares.
    public func add(_ description: JobDescription) throws {
        try checkName(description)
        if let present = self[description.name] { try keep(present, "") }
        try write(Data(description.json.utf8), to: path(description.name))
        seen = nil
    }

    /// Takes a description out of use; it is kept among the saved ones.
    ///
    /// - Throws: `ServiceError` where there is none, and for those of antares.
    public func remove(_ name: String) throws {
        guard builtIn[name] == nil else {
            throw ServiceError(.forbidden, "'\(name)' is a job type of antares itself, which stays.")
        }
        guard let present = self[name] else { throw ServiceError(.notFound, "there is no job type '\(name)'.") }
        try keep(present, "_DELETED")
        unlink(path(name))
        seen = nil
    }

    // MARK: - Files

    private func checkName(_ description: JobDescription) throws {
        try description.check()
        guard builtIn[description.name] == nil, !Self.words.contains(description.name) else {
            throw ServiceError(.conflict, "'\(description.name)' is a name of antares itself; take another one.")
        }
    }

    private func keep(_ description: JobDescription, _ ending: String) throws {
        let time = Instant.now.description.filter { $0 != ":" && $0 != "-" && $0 != "." }
        let name = "\(description.name)_v\(description.version)_\(time)\(ending)"
        try write(Data(description.json.utf8), to: path(name, "saved"))
    }

    private func path(_ name: String, _ place: String? = nil) -> String {
        "\(folder)/\(place.map { $0 + "/" } ?? "")\(name).json"
    }

    private func state(_ name: String) -> String { "\(folder)/tmp/\(name).state" }

    private func write(_ data: Data, to path: String) throws {
        do {
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ServiceError(.internal, "cannot write '\(path)': \(error.localizedDescription)")
        }
    }

    /// Reads the folder again where it has changed.
    private func look() {
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder)
        guard let time = attributes?[.modificationDate] as? Date, time != seen else { return }
        // A change within the same tick of the clock as this look would not show.
        seen = Date().timeIntervalSince(time) > 1 ? time : nil
        guard let names = try? Self.names(in: folder) else { return }
        own = own.filter { names.contains($0.key) }
        var found: [String: Fault] = [:]
        for name in names {
            do {
                let description = try Self.read(path(name))
                guard description.name == name, builtIn[name] == nil else {
                    let reason = "it describes '\(description.name)'"
                    let hint =
                        builtIn[name] == nil ? "and has to be called by that name" : "a job type of antares itself"
                    throw ServiceError(.conflict, "\(reason), \(hint).")
                }
                own[name] = description
            } catch {
                let fault = Fault(file: path(name), reason: "\(error)")
                found[name] = fault
                if wrong[name] != fault {
                    log?.error("the job description '\(fault.file)' is left out: \(fault.reason)")
                }
            }
        }
        wrong = found
    }

    private static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") && isName($0) }
            .map { String($0.dropLast(5)) }.sorted()
    }

    private static func isName(_ name: String) -> Bool {
        !name.hasPrefix(".") && !name.contains("/") && !name.contains("\0")
    }

    private static func read(_ path: String) throws -> JobDescription {
        try JobDescription(reading: try Data(contentsOf: URL(fileURLWithPath: path)), origin: path)
    }

    private static func missing(_ name: String) -> ServiceError {
        ServiceError(.notFound, "there is no draft 'tmp/\(name)'.")
    }
}
