import Foundation
import Jobs

/// A program's hold on a job, so that no other runs it.
struct MasterLease {
    /// Who holds it: host, process and a number.
    let name: String
    private let store: any JobStore
    private let id: String
    private(set) var expiry = Instant.now

    init(_ store: any JobStore, _ id: String) {
        (self.store, self.id) = (store, id)
        let pid = ProcessInfo.processInfo.processIdentifier
        name = "\(TaskRunner.hostName)/\(pid)/\(UInt32.random(in: 0...UInt32.max))"
    }

    /// Takes the job; from a program that is gone, too.
    ///
    /// - Throws: `ClusterError` where another program has it.
    mutating func take() async throws {
        if let holder = try await store.holder(of: id), holder.isGone {
            try await store.release(id, by: holder.master)
        }
        let until = Instant.now + JobMaster.lease
        guard try await store.acquire(id, for: name, until: until, at: .now) else {
            guard let holder = try await store.holder(of: id) else { throw JobStoreError(.noSuchJob, id) }
            throw ClusterError(
                .jobHeld,
                id,
                reason: "\(holder.master), at least until \(holder.expiry)",
                hint: "If that program is gone, try again after that time."
            )
        }
        expiry = until
    }

    /// Gives a sign of life where the last one is some time ago.
    ///
    /// - Throws: `ClusterError` where another program has taken the job over.
    mutating func renew() async throws {
        let now = Instant.now
        guard expiry.seconds(since: now) < Double(JobMaster.lease) * 2 / 3 else { return }
        let until = now + JobMaster.lease
        guard try await store.acquire(id, for: name, until: until, at: now) else {
            throw ClusterError(.leaseLost, id, hint: "`antares jobs show` says which.")
        }
        expiry = until
    }

    func release() async throws { try await store.release(id, by: name) }
}

extension JobHolder {
    /// True for a program that ran on this machine and has ended without a word; elsewhere only time can tell.
    public var isGone: Bool {
        if expiry < .now { return true }
        let parts = master.split(separator: "/")
        guard parts.count == 3, parts[0] == TaskRunner.hostName, let pid = pid_t(parts[1]) else { return false }
        return kill(pid, 0) != 0 && errno == ESRCH
    }
}

extension JobStore {
    /// Jobs that were asked to run and that no program runs: those that wait for one, and those whose program has died.
    public func abandoned() async throws -> [ActiveJob] { try await active().filter { $0.holder?.isGone ?? true } }
}
