import ArgumentParser
import Config
import Documents
import Foundation
import JobService
import Jobs

/// The group `antares job-types`: descriptions of the jobs that the service offers.
struct JobTypesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job-types",
        abstract: "Job types of the service: those of antares and those with scripts of users.",
        discussion: "docs/job-types.md describes the three forms of a description: JSON, VOTable and WADL.",
        subcommands: [
            JobTypesListCommand.self, JobTypesShowCommand.self, JobTypesCheckCommand.self, JobTypesAddCommand.self,
            JobTypesRemoveCommand.self,
        ]
    )
}

/// Where descriptions are: below the folder of the service.
struct DescriptionFolderOptions: ParsableArguments {
    @Option(help: .init("Service file, where it names another folder than the usual one.", valueName: "file"))
    var service: String?

    func open(_ common: CommonOptions) throws -> DescriptionStore {
        let options = try common.makeServices().serviceOptions(service)
        return try DescriptionStore(folder: options.folder + "/descriptions", builtIn: JobKind.all.map(\.description))
    }
}

extension JobDescription {
    /// Reads a description in any of the forms.
    ///
    /// - Throws: `CommandFailure` that names the place of the first mistake.
    fileprivate static func read(_ path: String) throws -> JobDescription {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.noInput, "'\(path)' does not exist or cannot be read.")
        }
        do {
            return try JobDescription(reading: data, origin: path)
        } catch let error as JobError {
            throw CommandFailure(.configuration, "\(path): \(error.description)")
        }
    }
}

/// The command `antares job-types list`.
struct JobTypesListCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List job types.")
    struct Report: Encodable { let name: String, version: String, kind: String, annotation: String }
    @OptionGroup var common: CommonOptions
    @OptionGroup var folder: DescriptionFolderOptions
    @Flag(help: "List drafts that wait for an administrator, too.") var drafts = false

    func run() async throws {
        let store = try folder.open(common)
        var reports: [Report] = []
        for name in await store.names {
            guard let found = await store[name] else { continue }
            let kind = await store.isBuiltIn(name) ? "antares" : found.isScript ? "script" : "user"
            reports.append(Report(name: name, version: found.version, kind: kind, annotation: found.annotation))
        }
        for fault in await store.faults {
            let file = (fault.file as NSString).lastPathComponent
            reports.append(Report(name: file, version: "", kind: "left out", annotation: fault.reason))
        }
        for name in drafts ? try await store.drafts : [] {
            guard let (found, draft) = try await store.draft(name) else { continue }
            let kind = draft.isRequested ? "draft, to be validated" : "draft"
            reports.append(
                Report(name: "tmp/\(name)", version: found.version, kind: kind, annotation: found.annotation)
            )
        }
        try common.emit(reports) { Output.table(reports.map { [$0.name, $0.version, $0.kind, $0.annotation] }) }
    }
}

/// The command `antares job-types show`.
struct JobTypesShowCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the description of a job type."
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var folder: DescriptionFolderOptions
    @Argument(help: "A job type; tmp/NAME for a draft.") var name: String
    @Option(
        help: .init("The form: json, votable or wadl.", valueName: "form"),
        transform: { text in
            guard let format = DescriptionFormat(rawValue: text) else {
                throw ValidationError("'\(text)' is none of json, votable and wadl.")
            }
            return format
        }
    )
    var format = DescriptionFormat.json

    func run() async throws {
        let store = try folder.open(common)
        let isDraft = name.hasPrefix("tmp/")
        let found = isDraft ? try await store.draft(String(name.dropFirst(4)))?.description : await store[name]
        guard let found else {
            throw CommandFailure(.noInput, "there is no job type '\(name)'. `antares job-types list` shows them.")
        }
        Output.write(String(decoding: found.data(as: format), as: UTF8.self).trimmingCharacters(in: .newlines))
    }
}

/// The command `antares job-types check`.
struct JobTypesCheckCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look for mistakes in job descriptions."
    )
    struct Report: Encodable { let file: String, name: String }
    @OptionGroup var common: CommonOptions
    @Argument(help: "Files in any of the forms.", completion: .file()) var files: [String]

    func run() async throws {
        let reports = try files.map { Report(file: $0, name: try JobDescription.read($0).name) }
        try common.emit(reports) { reports.map { "\($0.file): \($0.name) is right" }.joined(separator: "\n") }
    }
}

/// The command `antares job-types add`.
struct JobTypesAddCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a job type, or a new version of one, and keep the one before.",
        discussion: "A service that runs offers it at once."
    )
    struct Report: Encodable { let name: String, version: String }
    @OptionGroup var common: CommonOptions
    @OptionGroup var folder: DescriptionFolderOptions
    @Argument(help: "A file in any of the forms.", completion: .file()) var file: String
    @Option(help: .init("The script, instead of the file's own.", valueName: "file"), completion: .file())
    var script: String?

    func run() async throws {
        var description = try JobDescription.read(file)
        if let script {
            guard let text = FileManager.default.contents(atPath: script).flatMap({ String(data: $0, encoding: .utf8) })
            else { throw CommandFailure(.noInput, "'\(script)' does not exist or is no UTF-8 text.") }
            description.script = JobDescription.program(text)
        }
        guard description.isScript else {
            throw CommandFailure(
                .configuration,
                "\(file): a job type of a user needs a script, in the file or by --script."
            )
        }
        try await folder.open(common).add(description)
        try common.emit(Report(name: description.name, version: description.version)) {
            "added \(description.name) \(description.version)"
        }
    }
}

/// The command `antares job-types remove`.
struct JobTypesRemoveCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take a job type out of use; it is kept among the saved ones, and its jobs stay."
    )
    struct Report: Encodable { let name: String }
    @OptionGroup var common: CommonOptions
    @OptionGroup var folder: DescriptionFolderOptions
    @Argument(help: "A job type of a user.") var name: String

    func run() async throws {
        try await folder.open(common).remove(name)
        try common.emit(Report(name: name)) { "removed \(name)" }
    }
}
