import Foundation
import Jobs
import Logging
import Synchronization
import TestSupport
import Testing

@testable import ClusterExec

/// An engine that stops to answer, and does so again.
struct SilentEngineTests {
    /// Children of this machine behind a door that can be shut.
    private final class Door: Executor {
        private let inner: LocalExecutor
        private let isShut = Mutex(false)
        let name = ExecutorName.slurm
        var largestSubmission: Int { inner.largestSubmission }
        var pollInterval: Duration { inner.pollInterval }

        init(_ inner: LocalExecutor) { self.inner = inner }

        func shut(_ value: Bool) { isShut.withLock { $0 = value } }

        private func pass() throws {
            if isShut.withLock({ $0 }) { throw ClusterError(.engineSilent, "squeue", reason: "Socket timed out") }
        }

        func submit(_ submission: Submission, of folder: JobFolder) async throws -> String {
            try pass()
            return try await inner.submit(submission, of: folder)
        }

        func poll(_ submissions: [Submission]) async throws -> [TaskKey: TaskSight] {
            try pass()
            return try await inner.poll(submissions)
        }

        func collect(_ tasks: [TaskKey], of submissions: [Submission]) async throws -> [TaskKey: TaskEnd] {
            try pass()
            return try await inner.collect(tasks, of: submissions)
        }

        func cancel(_ submissions: [Submission], tasks: Set<Int>?) async throws {
            try await inner.cancel(submissions, tasks: tasks)
        }

        func find(prefix: String) async throws -> [(name: String, engineID: String)] { [] }
    }

    @Test func `a job whose engine is silent for long is UNKNOWN, and goes on when it answers`() async throws {
        let place = try TemporaryFolder()
        let folder = JobFolder(sharedFolder: place.path, job: "silent")
        let script = try place.write(
            "#!/bin/bash\nwhile [ ! -e \(place.path("go")) ]; do sleep 0.1; done\n",
            to: "work.sh"
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        let payload = try JSONEncoder().encode(ScriptPayload(program: script))
        try JobMaster.prepare(
            folder,
            tasks: 1...2,
            { number, _ in TaskFile(number: number, kind: ScriptTask.kindName, payload: payload, tiles: ["\(number)"])
            },
            make: { JobFile(id: "silent", kind: ScriptTask.kindName, tasks: $0.count, cluster: ClusterOptions()) }
        )
        let store = try SQLiteJobStore(opening: place.url.appendingPathComponent("jobs.sqlite"))
        try await store.add(Job(id: "silent", kind: ScriptTask.kindName))
        let door = Door(LocalExecutor(program: TestEngines.program, folder: folder, jobs: 2))
        let master = JobMaster(
            id: "silent",
            folder: folder,
            store: store,
            executor: door,
            collector: FolderCollector(),
            options: ClusterOptions(),
            log: Logger(label: "test"),
            patience: 0.5
        )
        func wait(for phase: Phase) async throws {
            for _ in 0..<600 {
                if try await store.job("silent")?.phase == phase { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw TestFailure("the job does not come to \(phase.rawValue)")
        }
        let running = Task { try await master.run() }
        try await wait(for: .executing)
        door.shut(true)
        try await wait(for: .unknown)
        door.shut(false)
        try await wait(for: .executing)
        _ = try place.write("", to: "go")
        let job = try await running.value
        #expect(job.phase == .completed)
        #expect(job.progress == JobProgress(planned: 2, running: 0, done: 2, failed: 0))
    }
}
