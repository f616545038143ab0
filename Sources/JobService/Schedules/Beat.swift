import ClusterExec
import Foundation
import Jobs
import Logging
import ServiceLifecycle

/// Makes the jobs of schedules when their time has come.
///
/// A slot is taken by storing a record of its name, which only one of several services can do. The record says which job
/// it makes, so that another service can finish what one has begun that was killed, without making it twice. Of slots
/// that passed while no service ran, the last is made up for, and no other.
struct Beat: Service {
    let parts: ServiceParts
    private var book: ScheduleBook { ScheduleBook(parts.records) }

    /// Seconds after which a slot that somebody has taken and not finished is taken over.
    private static let patience = 60
    /// Seconds that taken slots are remembered.
    private static let memory = 7 * 86400

    init(_ parts: ServiceParts) { self.parts = parts }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    try await step(at: .now)
                } catch let error as CancellationError {
                    throw error
                } catch {
                    parts.log.error("cannot look after schedules: \(error)")
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Makes what is due.
    func step(at now: Instant) async throws {
        for schedule in try await book.all() {
            if schedule.requestsDone < schedule.requests {
                let number = schedule.requestsDone + 1
                if try await take("run-\(number)", of: schedule, at: now) {
                    try await note(schedule) { $0.requestsDone = max($0.requestsDone, number) }
                }
            }
            if let slot = schedule.due(at: now), try await take("\(slot.milliseconds)", of: schedule, at: now) {
                try await note(schedule) { $0.since = max($0.since, slot) }
            }
        }
    }

    /// Takes a slot and makes its job.
    ///
    /// - Returns: True once the slot is done, by this service or another one.
    private func take(_ name: String, of schedule: Schedule, at now: Instant) async throws -> Bool {
        let id = "\(schedule.id)/\(name)"
        let mine = ScheduleSlot(id: id, schedule: schedule.id, job: Job.makeID(), taken: now)
        var slot = mine
        if try await !parts.records.insert(StoredRecord(mine)) {
            guard let known: ScheduleSlot = try await parts.records.find(id) else { return false }
            if known.isDone { return true }
            guard known.taken + Self.patience < now else { return false }
            slot = known
        }
        try await make(slot, of: schedule)
        try await parts.records.change(id) { (slot: inout ScheduleSlot) in slot.isDone = true }
        try await forget(schedule, before: now + -Self.memory)
        return true
    }

    /// Makes the job of a slot, unless it is there.
    private func make(_ slot: ScheduleSlot, of schedule: Schedule) async throws {
        do {
            // Whoever took the slot before may have come as far as this.
            guard try await parts.jobs.job(slot.job) == nil else { return }
            guard let identity = try await parts.accounts.identity(ofUser: schedule.owner, by: .token) else {
                throw ServiceError(.forbidden, "the user '\(schedule.owner)' may not log in any more.")
            }
            let request = JobRequest(
                id: slot.job,
                kind: schedule.kind,
                parameters: schedule.parameters,
                runID: schedule.name
            )
            try await JobCreation(parts: parts).make(request, for: identity)
            try await note(schedule) { ($0.lastJob, $0.lastError) = (slot.job, nil) }
        } catch  where ServiceError(answering: error) != nil {
            let reason = "\(error)"
            parts.log.error("no job for a schedule: \(reason)", metadata: ["schedule": .string(schedule.id)])
            try await note(schedule) { $0.lastError = reason }
        }
    }

    /// Changes a schedule that may be gone.
    private func note(_ schedule: Schedule, _ body: (inout Schedule) -> Void) async throws {
        do {
            try await parts.records.change(schedule.id, Schedule.self, body)
        } catch let error as ServiceError where error.code == .notFound {
            return
        }
    }

    private func forget(_ schedule: Schedule, before end: Instant) async throws {
        for slot in try await parts.records.all(ScheduleSlot.self, of: schedule.id) where slot.taken < end {
            try await parts.records.remove(slot.id, ScheduleSlot.self)
        }
    }
}
