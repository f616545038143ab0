import Config
import Foundation
import Logging
import Postgres

/// What a command works with: the resolved configuration, the log, and what is made from them.
struct Services: Sendable {
    let settings: Settings
    let log: Logger

    /// The server that antares runs for itself where no database is configured.
    var privateServer: PrivateServer {
        PrivateServer(dataDirectory: URL(fileURLWithPath: settings.privateServerDirectory))
    }

    /// How to reach the database of antares' own tables; starts the private server where that is the one.
    func ownConnectionSettings() throws -> ConnectionSettings { try reach(settings.ownDatabase.value) }

    /// How to reach the Open Data Cube's index; starts the private server where that is the one.
    func indexConnectionSettings() throws -> ConnectionSettings { try reach(settings.indexDatabase.value) }

    /// A connection to the database of antares' own tables.
    func ownConnection() async throws -> Connection {
        try await Connection.open(try ownConnectionSettings(), logger: Logger(label: "antares.postgres"))
    }

    private func reach(_ target: DatabaseTarget) throws -> ConnectionSettings {
        let server = privateServer
        guard case .server(let address) = target else { return try server.ensureRunning() }
        // Its own address may stand in the configuration, so that Python finds it.
        if let host = address.host, host == server.settings.host { _ = try server.ensureRunning() }
        return address
    }
}
