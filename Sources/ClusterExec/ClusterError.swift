import Foundation

/// A failure of what runs jobs: a task folder, an engine, a connection, the master itself.
public struct ClusterError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case cannotWrite = "cannot write"
        case cannotRead = "cannot read"
        case cannotStart = "cannot start"
        case noSuchTask = "there is no task"
        case unknownKind = "this antares cannot run tasks of the kind"
        case badFolder = "not the folder of a job"
        case refused = "the engine refuses"
        case engineSilent = "the engine does not answer"
        case badAnswer = "cannot understand the answer of"
        case unsafeName = "refuses"
        case badProtocol = "not a request of antares"
        case leaseLost = "another program has taken over job"
        case jobHeld = "another program runs job"
        case jobEnded = "there is nothing to resume of job"
        case badCluster = "the cluster is not ready"
    }

    public let code: Code
    /// The file, program or job.
    public let subject: String
    public let reason: String?
    public let hint: String?

    public init(_ code: Code, _ subject: String, reason: String? = nil, hint: String? = nil) {
        (self.code, self.subject, self.reason, self.hint) = (code, subject, reason, hint)
    }

    static func system(_ code: Code, _ subject: String, _ number: Int32) -> ClusterError {
        let hint: String? =
            switch number {
            case ENOSPC, EDQUOT: "Free space there, then run `antares jobs resume`."
            case EACCES, EPERM, EROFS: "Check the rights of the folder."
            case ENOENT: "Check the path, and that the shared folder is mounted here."
            default: nil
            }
        return ClusterError(code, subject, reason: String(cString: strerror(number)), hint: hint)
    }

    public var description: String {
        "\(code.rawValue) '\(subject)'" + (reason.map { ": \($0)" } ?? "") + "." + (hint.map { " \($0)" } ?? "")
    }
}
