/// Whether a task that ended badly is tried again, and with what.
public struct RetryPolicy: Sendable, Equatable {
    /// After the first attempt.
    public var retries: Int
    /// By which memory or time grow where they were short.
    public var factor: Double
    /// The most that may be asked for; 0 for no limit.
    public var largest: Resources

    public init(retries: Int = 2, factor: Double = 2, largest: Resources = Resources(cores: 0)) {
        (self.retries, self.factor, self.largest) = (retries, factor, largest)
    }

    public enum Decision: Sendable, Equatable {
        /// As attempt so and so, with these resources.
        case again(attempt: Int, Resources)
        /// For this reason.
        case giveUp(TaskFailure)
    }

    /// What to do.
    ///
    /// - Parameters:
    ///   - end: How the task ended.
    ///   - attempt: Which attempt that was.
    ///   - resources: What it had been given.
    /// - Returns: Whether it is tried again. One that failed on its input is not; one that never ran is, whatever the
    ///   count.
    public func decide(_ end: TaskEnd, attempt: Int, resources: Resources) -> Decision {
        let count = attempt > 1 ? " (attempt \(attempt))" : ""
        if case .failed(let failure) = end, failure.kind == .input { return .giveUp(failure) }
        let failure = TaskFailure(.environment, end.text + count)
        if end == .interrupted { return .again(attempt: attempt, resources) }
        // Somebody at the engine wants it so.
        if end == .cancelled { return .giveUp(failure) }
        guard attempt <= retries else { return .giveUp(failure) }
        var next = resources
        switch end {
        case .outOfMemory, .killed(signal: 9):
            next.memory = grown(resources.memory, largest.memory)
            if end == .outOfMemory, next.memory == resources.memory, next.memory > 0 {
                return .giveUp(
                    TaskFailure(
                        .environment,
                        "\(failure.reason); \(Resources.megabytes(next.memory)) is the most allowed"
                    )
                )
            }
        case .timeout:
            next.seconds = grown(resources.seconds, largest.seconds)
            if next.seconds == resources.seconds, next.seconds > 0 {
                return .giveUp(
                    TaskFailure(.environment, "\(failure.reason); \(next.seconds) s is the most allowed")
                )
            }
        default: break
        }
        return .again(attempt: attempt + 1, next)
    }

    private func grown(_ value: Int, _ limit: Int) -> Int {
        let next = Int(Double(value) * factor)
        return limit > 0 ? min(next, max(limit, value)) : next
    }
}
