/// A request that a job cannot follow.
public struct JobError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        case illegalTransition(from: Phase, to: Phase)
        case parametersFixed(Phase)
        /// A value that the job's description does not allow, and why.
        case invalid(parameter: String, reason: String)
        case missing(parameter: String)
        case unknown(parameter: String, nearest: String?)
        /// A query of a job list that cannot be understood.
        case badFilter(String)
        /// A job description with a mistake, and where it is.
        case badDescription(String)
    }

    public let code: Code
    /// The job's name, or its kind before it has one.
    public let job: String

    public init(_ code: Code, job: String) { (self.code, self.job) = (code, job) }

    public var description: String {
        switch code {
        case .illegalTransition(let from, let to):
            "job '\(job)' is \(from.rawValue) and cannot become \(to.rawValue)."
        case .parametersFixed(let phase):
            "parameters of job '\(job)' cannot be changed: it is \(phase.rawValue), no longer PENDING."
        case .invalid(let parameter, let reason): "parameter '\(parameter)' of job '\(job)': \(reason)"
        case .missing(let parameter): "job '\(job)' needs a value for parameter '\(parameter)'."
        case .unknown(let parameter, let nearest):
            "job '\(job)' knows no parameter '\(parameter)'." + (nearest.map { " Did you mean '\($0)'?" } ?? "")
        case .badFilter(let reason): "cannot list jobs: \(reason)"
        case .badDescription(let reason): "job description '\(job)': \(reason)"
        }
    }
}
