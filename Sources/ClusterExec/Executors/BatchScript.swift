import Foundation

/// The script that an engine runs for each element of an array.
enum BatchScript {
    /// Writes the script and the list of its tasks, one a line, into the job's folder.
    ///
    /// - Parameters:
    ///   - submission: What is submitted.
    ///   - folder: Of the job.
    ///   - program: The path of antares on the nodes.
    ///   - modules: Loaded before.
    ///   - index: A shell expression for the line of the list, counted from 1.
    /// - Returns: The script's path.
    /// - Throws: `ClusterError` where the folder cannot be written.
    static func write(
        _ submission: Submission,
        _ folder: JobFolder,
        program: String,
        modules: [String],
        index: String
    ) throws -> String {
        let list = folder.file("submissions/\(submission.name).tasks")
        let script = folder.file("submissions/\(submission.name).sh")
        try DurableFile.write(Data(submission.tasks.map { "\($0)\n" }.joined().utf8), to: list)
        let text = text(submission, folder, program: program, modules: modules, index: index, list: list)
        try DurableFile.write(Data(text.utf8), to: script)
        return script
    }

    static func text(
        _ submission: Submission,
        _ folder: JobFolder,
        program: String,
        modules: [String],
        index: String,
        list: String
    ) -> String {
        let words = WorkerCommand.words(folder: folder.path, task: "$task", submission)
        let command = ([program] + words).map { $0 == "$task" ? "\"$task\"" : quoted($0) }.joined(separator: " ")
        var lines = ["#!/bin/bash", "# Written by antares: \(submission.name), attempt \(submission.attempt)."]
        lines.append("task=$(sed -n \"\(index)p\" \(quoted(list)))")
        lines.append("if [ -z \"$task\" ]; then exit 74; fi")
        lines.append("exec >> \(quoted("\(folder.path)/logs/"))\"$task.log\" 2>&1")
        if !modules.isEmpty {
            lines.append("if ! type module >/dev/null 2>&1; then . /etc/profile; fi")
            lines.append("module load \(modules.map(quoted).joined(separator: " ")) || exit 75")
        }
        return (lines + ["exec \(command)"]).joined(separator: "\n") + "\n"
    }

    /// One word for a shell, whatever is in it.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
