import Documents
import Postgres

/// What `system init` does beyond making the tables.
public struct InitialisationOptions: Sendable, Hashable {
    /// Adds the metadata types eo3, eo and telemetry to a new index.
    public var addsDefaultTypes = true
    /// Makes the four roles and grants them their rights.
    public var initialisesUsers = true
    public var recreatesViews = true
    /// Builds all dynamic indexes anew.
    public var rebuilds = false
    /// Locks the table while indexes are built, instead of building them beside the work of others.
    public var locksTable = false

    public init() {}
}

extension Index {
    /// Makes the schema `agdc` where it is missing and upgrades it otherwise; true where it was made.
    ///
    /// Safe to run twice, and from several machines at once. `checkFields` is the second half.
    public func initialise(_ options: InitialisationOptions = InitialisationOptions()) async throws -> Bool {
        let log = log
        return try await connection.perform { try IndexSchema.initialise($0, options, log) }
    }

    /// Makes the indexes and views of all metadata types and products that are missing.
    public func checkFields(_ options: InitialisationOptions = InitialisationOptions()) async throws {
        let log = log
        try await connection.perform { session in
            try Migrator.withLock(session) {
                let types = try DefinitionStore.metadataTypes(session)
                let fields =
                    types.map { DynamicFields(type: $0, product: nil) }
                    + (try DefinitionStore.products(session)).compactMap { product in
                        types.first { $0.name == product.metadataType }.map {
                            DynamicFields(type: $0, product: product)
                        }
                    }
                let dynamic = DynamicFields.Options(
                    rebuildsIndexes: options.rebuilds,
                    rebuildsView: options.recreatesViews || options.rebuilds,
                    locksTable: options.locksTable
                )
                for entry in fields { try entry.ensure(session, dynamic, log) }
            }
        }
    }

    /// Makes what antares itself needs in the database: PostGIS and the schemas `antares` and `uws`.
    ///
    /// - Returns: The migrations that were applied, as `antares V1`; empty where all were there.
    /// - Throws: `IndexError` with the command that a superuser has to run where PostGIS cannot be made.
    public func installOwnSchemas() async throws -> [String] {
        try await connection.perform { try IndexSchema.installOwn($0) }
    }
}
