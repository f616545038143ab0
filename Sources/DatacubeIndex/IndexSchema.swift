import Documents
import Foundation
import IndexSQL
import Logging
import Postgres

/// Making and upgrading the schemas of a database.
enum IndexSchema {
    static func exists(_ session: Session) throws -> Bool {
        try session.query("SELECT to_regnamespace('agdc') AS schema").first?["schema"] != nil
    }

    /// Makes the schema `agdc` where it is missing and brings it up to date; true where it was made.
    static func initialise(_ session: Session, _ options: InitialisationOptions, _ log: Logger) throws -> Bool {
        try Migrator.withLock(session) {
            if options.initialisesUsers {
                log.info("Ensuring user roles.")
                try retrying { try session.execute(try SQLFiles.query("create_roles")) }
            }
            let migrator = Migrator(
                component: "agdc",
                migrations: try Migration.load(folder: try SQLFiles.url("migrations/agdc")),
                preamble: options.initialisesUsers ? "SET LOCAL ROLE agdc_admin" : ""
            )
            let isNew = try !exists(session)
            if isNew {
                log.info("Creating schema.")
                try migrator.forget(session)
            } else {
                try update(session, migrator, log)
            }
            try naming(session) { _ = try migrator.migrate(session) }
            if options.initialisesUsers {
                log.info("Adding role grants.")
                try session.execute(try SQLFiles.query("grant_roles"))
            }
            if isNew, options.addsDefaultTypes {
                for document in try defaultTypes() { try DefinitionStore.insert(metadataType: document, session) }
            }
            return isNew
        }
    }

    /// The definitions of eo3, eo and telemetry, in this order.
    static func defaultTypes() throws -> [DocumentValue] {
        let url = try SQLFiles.url("metadata-types/default-metadata-types.yaml")
        return try YAML.parse(file: url.path).map(\.value)
    }

    /// Takes over a schema that Python made, and puts back the columns that older ones lack.
    private static func update(_ session: Session, _ migrator: Migrator, _ log: Logger) throws {
        let records = "SELECT to_regclass('antares.migrations') AS found"
        let isRecorded = try session.query(records).first?["found"] != nil
        let version = isRecorded ? try migrator.currentVersion(session) : 0
        if version == 0 { try migrator.adopt(version: 1, session) }
        let column = """
            SELECT 1 FROM pg_attribute
            WHERE attrelid = to_regclass('agdc.dataset') AND attname = 'updated' AND NOT attisdropped
            """
        guard try session.query(column).isEmpty else { return }
        log.info("Adding 'updated'/'added' fields and triggers to schema.")
        try session.transaction { try session.execute(try SQLFiles.query("readd_columns")) }
    }

    /// The schemas of antares itself: PostGIS, borders, jobs; returns what was applied, as `antares V1`.
    static func installOwn(_ session: Session) throws -> [String] {
        try Migrator.withLock(session) {
            try installPostGIS(session)
            // Footprints of earlier versions, which hold up the catalogue; whoever searches by geometry makes them again.
            let old =
                "SELECT FROM pg_attribute WHERE attrelid = to_regclass('antares.footprint') AND attname = 'dataset'"
            if try !session.query(old).isEmpty { try session.execute(try SQLFiles.query("drop_footprints")) }
            return try ["antares", "uws"].flatMap { component in
                let folder = try SQLFiles.url("migrations/\(component)")
                let migrator = Migrator(component: component, migrations: try Migration.load(folder: folder))
                return try migrator.migrate(session).map { "\(component) V\($0)" }
            }
        }
    }

    static func installPostGIS(_ session: Session) throws {
        do {
            try session.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        } catch let error as PostgresError where error.code == .statementFailed {
            let database = session.settings.database ?? ""
            let host = session.settings.host.map { " -h \($0)" } ?? ""
            let port = session.settings.port.map { " -p \($0)" } ?? ""
            let major = session.serverVersion / 10000
            let mayNot = error.sqlState == "42501"
            throw IndexError(
                .missingExtension,
                database,
                (["extension postgis"] + error.messages).joined(separator: ": "),
                hint: mayNot
                    ? "A superuser has to run: psql\(host)\(port) -d \(database) -c 'CREATE EXTENSION postgis'"
                    : "Install PostGIS on the database's machine: apt-get install postgresql-\(major)-postgis-3"
            )
        }
    }

    /// Runs again what failed because another session changed the same row of a system table.
    private static func retrying(_ body: () throws -> Void) throws {
        for _ in 0..<20 {
            do {
                return try body()
            } catch let error as PostgresError where error.sqlState == "XX000" {
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
        try body()
    }

    private static func naming(_ session: Session, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as PostgresError where error.sqlState == "42501" {
            throw PostgresError(
                error.code,
                error.subject,
                error.messages,
                sqlState: error.sqlState,
                hint: "Let a superuser or a member of agdc_admin run `datacube system init`, or add --no-init-users."
            )
        }
    }
}
