import Foundation
import Jobs
import TestSupport
import Testing

@Suite struct JobQuotaTests {
    @Test func `a user's jobs run and wait within the limits, and do not keep others waiting`() async throws {
        let folder = try TemporaryFolder()
        let gate = folder.path("gate")
        let description = JobDescription(
            name: "wait",
            script: "#!/bin/sh\nwhile [ ! -e '\(gate)' ]; do sleep 0.1; done\n"
        )
        let document = String(decoding: try JSONEncoder().encode(description), as: UTF8.self)
        _ = try folder.write(document, to: "descriptions/wait.json")
        let service = try TestService(
            file: """
                folder: \(folder.path)
                limits: {jobs: 2, jobs_per_user: 1, waiting_per_user: 3}
                """
        )
        defer { service.close() }
        let (ana, bob) = (try service.addUser("ana"), try service.addUser("bob", "--limit", "1"))
        func submit(_ user: TestService.User) async throws -> (status: Int, job: String?) {
            let answer = try await service.send("POST", "/api/v1/jobs", as: user, json: "{\"kind\": \"wait\"}")
            return (answer.status, answer["Location"])
        }
        var anas: [String] = []
        for _ in 0..<3 { anas.append(try #require(try await submit(ana).job)) }
        #expect(try await submit(ana).status == 429)
        let bobs = try #require(try await submit(bob).job)
        #expect(try await submit(bob).status == 429)
        // The first of each runs; of ana's, the others wait although there would be room for a moment.
        for (job, user) in [(anas[0], ana), (bobs, bob)] {
            while try await service.get(job + "/phase", as: user).text != "EXECUTING" {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        for job in anas.dropFirst() { #expect(try await service.get(job + "/phase", as: ana).text == "QUEUED") }
        _ = try folder.write("", to: "gate")
        for job in anas { #expect(try await service.end(of: job, as: ana) == "COMPLETED") }
        #expect(try await service.end(of: bobs, as: bob) == "COMPLETED")
        #expect(try await submit(ana).status == 201)
    }
}
