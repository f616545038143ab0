import Foundation
import Jobs
import TestSupport
import Testing

@testable import JobService

struct ClusterEventTests {
    /// The states of reference are those of Slurm 22.05's manual of squeue.
    @Test(arguments: [
        ("RUNNING", Phase.executing), ("running", .executing), ("PENDING", .queued), ("CONFIGURING", .queued),
        ("SUSPENDED", .suspended), ("STOPPED", .suspended), ("COMPLETED", .completed), ("FAILED", .error),
        ("TIMEOUT", .error), ("NODE_FAIL", .error), ("OUT_OF_MEMORY", .error), ("PREEMPTED", .error),
        ("CANCELLED by 1000", .aborted), ("DEADLINE", .error), ("BOOT_FAIL", .error), ("EXECUTING", .executing),
        ("ABORTED", .aborted), ("ERROR", .error),
    ])
    func `a state of Slurm is a phase`(state: String, phase: Phase) {
        #expect(ClusterEvent(state)?.phase == phase)
    }

    @Test(arguments: ["", "ARCHIVED", "HELD", "../", "DONE"]) func `other words are none`(word: String) {
        #expect(ClusterEvent(word) == nil)
    }

    @Test func `events come from job servers alone, and move no job that has ended`() async throws {
        let closed = try TestService()
        let event = [(name: "jobid", value: "1"), (name: "phase", value: "FAILED")]
        #expect(try await closed.post("/handler/job_event", form: event).status == 403)
        closed.close()
        let scripts = try ScriptService(file: "job_servers: [127.0.0.1/32]\nlimits: {jobs: 1}\n")
        defer { scripts.service.close() }
        try scripts.add(JobDescription(name: "copy", script: "sleep 60\n"))
        let (service, author) = (scripts.service, scripts.author)
        func post(
            _ job: String,
            _ phase: String,
            _ more: [(name: String, value: String)] = []
        ) async throws -> TestAnswer {
            let id = job.split(separator: "/").last.map(String.init) ?? job
            let form = [(name: "jobid", value: id), (name: "phase", value: phase)] + more
            return try await service.post("/handler/job_event", form: form)
        }
        #expect(try await post("4711", "FAILED").status == 404)
        let made = try await service.post("/rest/copy", as: author, form: [("PHASE", "RUN")])
        let job = try #require(made["Location"])
        #expect(try await post(job, "DONE").status == 400)
        #expect(try await post(job, "FAILED", [("secret", "guessed")]).status == 403)
        while try await service.get(job + "/phase", as: author).text != "EXECUTING" {
            _ = try await service.get(job + "?WAIT=5&PHASE=QUEUED", as: author)
        }
        // Its program knows better when it is complete.
        #expect(try await post(job, "COMPLETED").object()["changed"] as? Bool == false)
        let failed = try await post(job, "TIMEOUT", [("error_msg", "the partition was <closed>")])
        #expect(try failed.object()["changed"] as? Bool == true)
        #expect(try failed.object()["phase"] as? String == "ERROR")
        #expect(try await service.get(job, as: author).text.contains("the partition was &lt;closed&gt;"))
        // Again, and otherwise: it has ended.
        for state in ["TIMEOUT", "RUNNING", "CANCELLED", "COMPLETED"] {
            #expect(try await post(job, state).object()["changed"] as? Bool == false)
        }
        #expect(try await service.get(job + "/phase", as: author).text == "ERROR")
    }
}
