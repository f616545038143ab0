import Jobs

/// A job that somebody asks for, whichever way.
struct JobRequest: Sendable {
    var id = Job.makeID()
    let kind: String
    var parameters: [JobParameter] = []
    /// Names of parameters that the service file gives, which may name any file.
    var fixed: Set<String> = []
    var runID: String?
    /// Seconds, as written; nil for the usual limit.
    var executionDuration: String?
    /// A time, as written; nil for the usual one.
    var destruction: String?
    /// Who pays on a cluster; nil for whom the cluster file names.
    var account: String?
    /// True to let it wait for its turn at once.
    var isRun = true
}
