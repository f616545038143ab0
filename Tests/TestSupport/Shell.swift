public import Foundation

/// What a program that a test ran printed and ended with.
public struct ShellResult: Sendable {
    public let status: Int32
    public let output: String
    public let errors: String
}

/// Runs a program found on PATH and waits for it.
///
/// - `environment`: Replaces or adds variables; nil removes one.
public func run(
    _ program: String,
    _ arguments: [String],
    environment: [String: String?] = [:],
    directory: URL? = nil
) throws -> ShellResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    var variables = ProcessInfo.processInfo.environment
    for (key, value) in environment { variables[key] = value }
    process.environment = variables
    if let directory { process.currentDirectoryURL = directory }
    // Files, not pipes: neither stream can fill up while the other is read.
    let folder = try TemporaryFolder()
    let (output, errors) = (folder.path("out"), folder.path("err"))
    for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return ShellResult(
        status: process.terminationStatus,
        output: try String(contentsOfFile: output, encoding: .utf8),
        errors: try String(contentsOfFile: errors, encoding: .utf8)
    )
}

/// True where a program is on PATH.
public func isInstalled(_ program: String) -> Bool {
    let paths = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return paths.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
}
