import Foundation
import Jobs
import TestSupport
import Testing

@testable import JobService

@Suite struct AccountsTests {
    private func makeAccounts() throws -> (folder: TemporaryFolder, accounts: Accounts) {
        let folder = try TemporaryFolder()
        let file = URL(fileURLWithPath: folder.path("service.sqlite"))
        return (folder, Accounts(try SQLiteRecordStore(opening: file)))
    }

    @Test func `names that could be something else are refused`() async throws {
        let (_, accounts) = try makeAccounts()
        for name in ["", "a b", "../ana", "ana\r\nSet-Cookie: x", "ana:x", String(repeating: "a", count: 65), "-rf"] {
            let error = await #expect(throws: ServiceError.self) {
                try await accounts.add(User(name: name), password: "long enough")
            }
            #expect(error?.field == "name", "\(name)")
        }
        let short = await #expect(throws: ServiceError.self) {
            try await accounts.add(User(name: "ana"), password: "short")
        }
        #expect(short?.field == "password")
        #expect(try await accounts.users().isEmpty)
    }

    @Test func `roles come from user and groups, and a group that is removed takes its own along`() async throws {
        let (_, accounts) = try makeAccounts()
        let unknown = await #expect(throws: ServiceError.self) {
            try await accounts.add(User(name: "ana", groups: ["gis"]), password: nil)
        }
        #expect(unknown?.message == "there is no group 'gis'.")
        try await accounts.setGroup("gis", roles: ["ingest"])
        try await accounts.add(User(name: "ana", roles: ["export"], groups: ["gis"]), password: "long enough")
        let identity = try #require(try await accounts.identify(user: "ana", password: "long enough"))
        #expect(identity.roles == ["export", "ingest"])
        #expect(identity.mayUse("ingest") && !identity.mayUse("composite") && !identity.mayScript)
        try await accounts.setGroup("gis", roles: ["ingest", "scripts"])
        #expect(try await accounts.identify(user: "ana", password: "long enough")?.mayScript == true)
        try await accounts.removeGroup("gis")
        #expect(try await accounts.identify(user: "ana", password: "long enough")?.roles == ["export"])
        #expect(try await accounts.user("ana").groups.isEmpty)
    }

    @Test func `a token gives its own roles alone, ends, and can be revoked`() async throws {
        let (_, accounts) = try makeAccounts()
        try await accounts.add(User(name: "ana", roles: ["export", "ingest"], isAdministrator: true), password: nil)
        let all = try await accounts.makeToken(for: "ana", label: "all")
        let narrow = try await accounts.makeToken(for: "ana", label: "narrow", roles: ["ingest", "composite"])
        let over = try await accounts.makeToken(for: "ana", label: "over", expires: .now + -1)
        #expect(try await accounts.identify(token: all.word)?.isAdministrator == true)
        let identity = try #require(try await accounts.identify(token: narrow.word))
        #expect(identity.roles == ["ingest"] && !identity.isAdministrator)
        #expect(try await accounts.identify(token: over.word) == nil)
        #expect(try await accounts.tokens(of: "ana").allSatisfy { !$0.id.contains(all.word) })
        try await accounts.revokeToken(String(all.token.id.prefix(16)), of: "ana")
        #expect(try await accounts.identify(token: all.word) == nil)
        await #expect(throws: ServiceError.self) { try await accounts.revokeToken("", of: "ana") }
        try await accounts.removeExpired()
        #expect(try await accounts.tokens(of: "ana").map(\.label) == ["narrow"])
    }

    @Test func `a session by a token has the token's rights and ends with it`() async throws {
        let (_, accounts) = try makeAccounts()
        try await accounts.add(User(name: "ana", isAdministrator: true), password: nil)
        let token = try await accounts.makeToken(for: "ana", label: "", roles: ["ingest"])
        let session = try #require(try await accounts.makeSession(token: token.word))
        let identity = try #require(try await accounts.identify(session: session))
        #expect(identity.roles == ["ingest"] && !identity.isAdministrator && identity.means == .session)
        try await accounts.revokeToken(token.token.id, of: "ana")
        #expect(try await accounts.identify(session: session) == nil)
        #expect(try await accounts.makeSession(token: "antares_none") == nil)
    }

    @Test func `a closed account, another password and a removed account end what is open`() async throws {
        let (_, accounts) = try makeAccounts()
        try await accounts.add(User(name: "ana"), password: "long enough")
        let token = try await accounts.makeToken(for: "ana", label: "").word
        let first = try await accounts.makeSession(for: "ana").word
        try await accounts.setPassword("another one", of: "ana")
        #expect(try await accounts.identify(session: first) == nil)
        #expect(try await accounts.identify(user: "ana", password: "long enough") == nil)
        let second = try await accounts.makeSession(for: "ana").word
        try await accounts.change("ana") { $0.isActive = false }
        #expect(try await accounts.identify(session: second) == nil)
        #expect(try await accounts.identify(token: token) == nil)
        #expect(try await accounts.identify(user: "ana", password: "another one") == nil)
        try await accounts.change("ana") { $0.isActive = true }
        #expect(try await accounts.identify(token: token)?.name == "ana")
        // The old sessions stay over.
        #expect(try await accounts.identify(session: second) == nil)
        try await accounts.remove("ana")
        #expect(try await accounts.tokens().isEmpty)
        #expect(try await accounts.identify(token: token) == nil)
    }

    @Test func `neither passwords nor words of tokens and sessions are in the file`() async throws {
        let (folder, accounts) = try makeAccounts()
        try await accounts.add(User(name: "ana"), password: "correct horse battery")
        let token = try await accounts.makeToken(for: "ana", label: "").word
        let session = try await accounts.makeSession(for: "ana").word
        for file in folder.files() {
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.path(file))), as: UTF8.self)
            for secret in ["correct horse battery", token, session] {
                #expect(!text.contains(secret), "\(file)")
            }
            let mode = try FileManager.default.attributesOfItem(atPath: folder.path(file))[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(file)")
        }
    }
}
