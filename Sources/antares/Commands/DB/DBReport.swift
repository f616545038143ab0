import Config
import Postgres

/// What is known of the private PostgreSQL, as `antares db status --json` prints it.
struct DBReport: Encodable {
    let folder: String
    let running: Bool
    let process: Int32?
    let version: String?
    /// True where the configuration names no other database for the index.
    let inUse: Bool
    let host: String?
    let port: Int?
    let database: String?
    let user: String?
    /// As datacube 1.9 takes it.
    let url: String

    init(_ services: Services) {
        let server = services.privateServer
        let (status, settings) = (server.status(), server.settings)
        (folder, running) = (status.dataDirectory, status.isRunning)
        (process, version) = (status.processID, status.version)
        (host, port, database, user) = (settings.host, settings.port, settings.database, settings.user)
        url = settings.description
        inUse =
            switch services.settings.indexDatabase.value {
            case .privateServer: true
            case .server(let address): address.host == settings.host
            }
    }

    var text: String {
        let state = process.map { "running (process \($0))" } ?? (version == nil ? "not made yet" : "stopped")
        var rows = [["state", state], ["folder", folder]]
        if let version { rows.append(["version", version]) }
        rows += [
            ["host", host ?? "-"], ["port", port.map(String.init) ?? "-"], ["database", database ?? "-"],
            ["user", user ?? "-"],
        ]
        let use = inUse ? "" : "\n\nThe configuration names another database; see antares config show."
        return """
            \(Output.table(rows))\(use)

            For Python, in ~/.datacube.conf (1.8 reads the first four keys, 1.9 the last):

            [datacube]
            db_hostname: \(host ?? "")
            db_port: \(port.map(String.init) ?? "")
            db_database: \(database ?? "")
            db_username: \(user ?? "")
            db_url: \(url)
            """
    }
}
