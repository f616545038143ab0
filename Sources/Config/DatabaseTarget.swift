public import Postgres

/// The database that a part of the program works with.
public enum DatabaseTarget: Sendable, Hashable {
    /// The server that antares runs for itself; nothing was configured.
    case privateServer
    case server(ConnectionSettings)
}
