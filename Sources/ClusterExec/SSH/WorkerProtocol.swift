import Foundation
public import Jobs

/// What `antares ssh-task` and `antares ssh-worker` say to each other.
///
/// The asking side sends one line, then for a task a tar stream with `request.json`, `task.json` and `inputs/`; it keeps
/// the connection open, and closing it before the answer stops the task. The answer is a tar stream with `status.json`,
/// `log`, `results/`, `outputs/`, and last `end`: an answer without that has been cut off.
enum WorkerProtocol {
    static let runLine = "antares-worker 1 run"
    static let helloLine = "antares-worker 1 hello"

    struct Request: Codable {
        let job: String
        let number: Int
        let attempt: Int
        let resources: Resources
    }

    /// A line of at most 100 bytes, read byte by byte as a stream follows it.
    static func readLine(_ descriptor: Int32) throws -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count <= 100 {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { throw ClusterError(.badProtocol, "the connection", reason: "it ends at once") }
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        throw ClusterError(.badProtocol, "the connection", reason: "its first line is too long")
    }

    static func write(_ text: String, to descriptor: Int32) throws {
        let bytes = Array(text.utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw ClusterError.system(.cannotWrite, "the connection", errno)
        }
    }
}

/// What a worker says of itself.
public struct WorkerGreeting: Sendable, Equatable, Codable {
    public let version: String
    public let host: String
    public let time: Instant
    public let cores: Int
    /// In bytes; nil where the machine does not say.
    public let freeMemory: Int?

    public init(version: String) {
        self.version = version
        (host, time, cores) = (TaskRunner.hostName, .now, ProcessInfo.processInfo.activeProcessorCount)
        freeMemory = LocalExecutor.freeMemory()
    }
}
