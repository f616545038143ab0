import Foundation

/// The logs in a job's folder.
struct JobLogs {
    let folder: String

    /// What a command of antares says, and what a script prints.
    static let command = "command.log"
    static let output = "results/1/stdout.txt"
    static let errors = "results/1/stderr.txt"

    private static let names = [
        (command, "Log"), (output, "Output"), (errors, "Errors"), ("master.log", "Tasks"), ("service.log", "Program"),
    ]
    /// Logs of tasks that can be chosen.
    private static let taskLimit = 50

    /// Those that are there, the one that tells most first.
    var entries: [(name: String, label: String)] {
        var found = Self.names.filter { size("\(folder)/\($0.0)") > 0 }.map { (name: $0.0, label: $0.1) }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/logs")) ?? []
        let numbers = files.compactMap { $0.hasSuffix(".log") ? Int($0.dropLast(4)) : nil }.sorted()
        found += numbers.prefix(Self.taskLimit).map { ("logs/\($0).log", "Task \($0)") }
        return found
    }

    /// The last lines of the log that says why a job failed; empty where there is none.
    var end: String {
        for name in [Self.errors, Self.command, "service.log"] where size("\(folder)/\(name)") > 0 {
            return Self.end(of: "\(folder)/\(name)")
        }
        return ""
    }

    private static func end(of path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        defer { try? file.close() }
        let most: UInt64 = 8192
        guard let size = try? file.seekToEnd(), (try? file.seek(toOffset: size > most ? size - most : 0)) != nil,
            let data = try? file.readToEnd()
        else { return "" }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropFirst(size > most ? 1 : 0).joined(separator: "\n")
    }

    /// The file of a log that is there; nil for any other name.
    func path(of name: String) -> String? {
        entries.contains { $0.name == name } ? "\(folder)/\(name)" : nil
    }

    private func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    }
}
