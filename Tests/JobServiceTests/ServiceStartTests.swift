import Foundation
import TestSupport
import Testing

@Suite struct ServiceStartTests {
    @Test func `a service keeps accounts and jobs over a restart`() async throws {
        let service = try TestService()
        defer { service.close() }
        let ana = try service.addUser("ana")
        let made = try await service.post("/rest/composite", as: ana, form: [("RUNID", "a run")])
        #expect(made.status == 303)
        let job = try #require(made["Location"])
        #expect(job.hasPrefix(service.address + "/rest/composite/"))
        try service.restart()
        #expect(try await service.get(job + "/owner", as: ana).text == "ana")
        #expect(try await service.get(job + "/phase", as: ana).text == "PENDING")
        #expect(try await service.get(job).status == 401)
    }
}
