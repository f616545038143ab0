import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable), .serialized) struct PrivateServerTests {
    /// A server in a folder that goes away afterwards.
    private func withServer(_ body: (PrivateServer) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "antares-private-\(UUID().uuidString.prefix(8))"
        )
        let server = PrivateServer(dataDirectory: folder, parameters: ["fsync": "off"])
        defer {
            _ = try? server.stop()
            try? FileManager.default.removeItem(at: folder)
        }
        try await body(server)
    }

    @Test func `it is made, started, found running and stopped`() async throws {
        try await withServer { server in
            #expect(!server.status().isInitialised)
            let settings = try server.ensureRunning()
            #expect(settings.database == "datacube")
            #expect(server.status().isRunning)
            let process = server.status().processID
            _ = try server.ensureRunning()
            #expect(server.status().processID == process)
            let socket = try FileManager.default.attributesOfItem(atPath: try #require(settings.host))
            #expect(socket[.posixPermissions] as? Int == 0o700)
            let listening = try Session(settings).query("SHOW listen_addresses")
            #expect(listening[0][0] == "")
            #expect(try server.stop())
            #expect(!server.status().isRunning)
            #expect(try !server.stop())
        }
    }

    @Test func `several programs at once get one server`() async throws {
        try await withServer { server in
            let processes = try await withThrowingTaskGroup(of: Int32?.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        _ = try server.ensureRunning()
                        return server.status().processID
                    }
                }
                return try await group.reduce(into: Set<Int32?>()) { $0.insert($1) }
            }
            #expect(processes.count == 1)
        }
    }

    @Test func `a killed server comes back with its data`() async throws {
        try await withServer { server in
            let session = try Session(try server.ensureRunning())
            try session.execute("CREATE TABLE kept (a int); INSERT INTO kept VALUES (1); CHECKPOINT")
            let process = try #require(server.status().processID)
            kill(process, SIGKILL)
            for _ in 0..<2000 where server.status().isRunning { try await Task.sleep(for: .milliseconds(50)) }
            #expect(throws: PostgresError.self) { try session.query("SELECT 1") }
            let again = try Session(try server.ensureRunning())
            #expect(try again.query("SELECT a FROM kept").count == 1)
        }
    }

    @Test func `a pid file whose number now belongs to another program does not hold the start up`() async throws {
        try await withServer { server in
            _ = try server.ensureRunning()
            try server.stop()
            let pidFile = server.dataDirectory.appending(path: "data/postmaster.pid")
            try "\(getpid())\n\(server.dataDirectory.path)/data\n1\n5432\n\n\n\nready\n"
                .write(to: pidFile, atomically: false, encoding: .utf8)
            #expect(!server.status().isRunning)
            _ = try server.ensureRunning()
            #expect(server.status().isRunning)
        }
    }

    @Test func `a server that cannot start shows the end of its log`() async throws {
        try await withServer { server in
            _ = try server.ensureRunning()
            try server.stop()
            let broken = PrivateServer(dataDirectory: server.dataDirectory, parameters: ["shared_buffers": "lots"])
            let error = try #require(throws: PostgresError.self) { try broken.ensureRunning() }
            #expect(error.description.contains("invalid value for parameter \"shared_buffers\""))
            #expect(error.description.contains("server.log"))
        }
    }

    @Test func `a path that is too long for a socket is refused with a way out`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: String(repeating: "long", count: 30))
        let error = try #require(throws: PostgresError.self) {
            try PrivateServer(dataDirectory: folder).ensureRunning()
        }
        #expect(error.description.contains("the system allows 107"))
        #expect(error.description.contains("Set XDG_DATA_HOME to a folder with a shorter name"))
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func `a cluster of a version that is not installed names both`() async throws {
        try await withServer { server in
            _ = try server.ensureRunning()
            try server.stop()
            let file = server.dataDirectory.appending(path: "data/PG_VERSION")
            try "9\n".write(to: file, atomically: false, encoding: .utf8)
            let error = try #require(throws: PostgresError.self) { try server.ensureRunning() }
            #expect(error.description.contains("it was made by PostgreSQL 9, installed is"))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "ONLY ROOT CAN MOUNT A DISK THAT IS TOO SMALL"))
    func `a full disk says what to free`() throws {
        let folder = try TemporaryFolder()
        guard
            try TestSupport.run("mount", ["-t", "tmpfs", "-o", "size=10m,mode=755", "tmpfs", folder.path]).status == 0
        else {
            return FileHandle.standardError.write(Data("!!! SKIPPED: NO DISK CAN BE MOUNTED HERE. !!!\n".utf8))
        }
        defer { _ = try? TestSupport.run("umount", [folder.path]) }
        let server = PrivateServer(dataDirectory: folder.url.appending(path: "pg"))
        let error = try #require(throws: PostgresError.self) { try server.ensureRunning() }
        #expect(error.description.contains("No space left on device"))
        #expect(error.description.contains("The disk is full: free space below \(server.dataDirectory.path)"))
        #expect(!server.status().isInitialised)
    }

    @Test(.enabled(if: geteuid() == 0)) func `root gets a folder that account postgres can reach`() {
        let server = PrivateServer(dataDirectory: URL(fileURLWithPath: "/root/.local/share/antares/postgres"))
        #expect(server.dataDirectory.path == "/var/lib/antares/postgres")
    }

    @Test func `the folder follows XDG_DATA_HOME`() {
        let given = PrivateServer.defaultDirectory(dataHome: "/data", home: "/home/ann")
        #expect(given.path == "/data/antares/postgres")
        let usual = PrivateServer.defaultDirectory(dataHome: nil, home: "/home/ann")
        #expect(usual.path == "/home/ann/.local/share/antares/postgres")
    }
}
