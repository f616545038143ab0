import ClusterExec
import Jobs
import ServiceLifecycle

/// Tells those who wait that a job's phase has changed; one question to the store serves everyone.
actor JobWatch: Service {
    private struct Waiter { let job: String, phase: Phase, continuation: CheckedContinuation<Void, Never> }

    private let store: any JobStore
    private var waiters: [Int: Waiter] = [:]
    private var nextNumber = 0
    private var isClosed = false

    init(_ store: any JobStore) { self.store = store }

    /// Returns once the job has another phase or is gone, or after a time.
    func wait(_ job: String, while phase: Phase, seconds: Int) async {
        guard !isClosed, seconds > 0 else { return }
        let number = nextNumber
        nextNumber += 1
        let clock = Task {
            try await Task.sleep(for: .seconds(seconds))
            end(number)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume() }
                waiters[number] = Waiter(job: job, phase: phase, continuation: continuation)
            }
        } onCancel: {
            Task { await self.end(number) }
        }
        clock.cancel()
    }

    /// How many requests wait.
    var count: Int { waiters.count }

    private func end(_ number: Int) { waiters.removeValue(forKey: number)?.continuation.resume() }

    /// Looks now: something has changed.
    func look() async {
        guard !waiters.isEmpty else { return }
        let known = waiters
        guard let phases = try? await store.phases(of: Array(Set(known.values.map(\.job)))) else { return }
        for (number, waiter) in known where phases[waiter.job] != waiter.phase { end(number) }
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .milliseconds(200))
                await self.look()
            }
        }
        close()
    }

    /// Answers everyone who waits; nobody waits any more from now on.
    func close() {
        isClosed = true
        for number in waiters.keys { end(number) }
    }
}
