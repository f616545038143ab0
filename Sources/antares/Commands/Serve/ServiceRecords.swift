import Config
import Foundation
import IndexSQL
import JobService
import Postgres

/// Accounts and the like, where jobs are: in the configured database, or in a file where there is none.
enum ServiceRecords {
    static func open(_ services: Services) async throws -> any RecordStore {
        switch services.settings.ownDatabase.value {
        case .privateServer:
            return try SQLiteRecordStore(
                opening: URL(fileURLWithPath: services.settings.dataDirectory + "/service.sqlite")
            )
        case .server:
            return PostgresRecordStore(try await ConnectionPool(try services.migratedJobDatabase()))
        }
    }
}

extension Services {
    /// How the service works: as its file says, with the usual folder where that names none.
    func serviceOptions(_ file: String?) throws -> ServiceOptions {
        var options = try file.map(ServiceFile.read) ?? ServiceOptions()
        if options.folder.isEmpty { options.folder = settings.dataDirectory + "/service" }
        return options
    }

    /// How to reach the database of jobs, whose schema is up to date.
    func migratedJobDatabase() throws -> ConnectionSettings {
        let settings = try ownConnectionSettings()
        let session = try Session(settings)
        defer { session.close() }
        let migrations = try Migration.load(folder: try SQLFiles.url("migrations/uws"))
        try Migrator.withLock(session) {
            _ = try Migrator(component: "uws", migrations: migrations).migrate(session)
        }
        return settings
    }
}
