import Documents
public import Postgres

/// The Open Data Cube's configuration, resolved by the rules of datacube 1.8.
public struct DatacubeConfiguration: Sendable {
    /// The section that was chosen.
    public let environment: Sourced<String>
    /// The files that were read, in the order in which they override each other.
    public let files: [String]
    public let address: ConnectionSettings
    /// One for each key that was set, for `antares config show`.
    public let settings: [Setting]
    /// Unknown keys, each with file and line.
    public let warnings: [String]

    private static let keys = [
        "db_hostname", "db_port", "db_database", "db_username", "db_password", "db_connection_timeout", "index_driver",
        "db_query_timeout", "db_url",
    ]
    /// Read by other versions of datacube, without a meaning here.
    private static let otherKeys = [
        "db_iam_authentication", "db_iam_timeout", "psycopg_version", "skip_broken_datasets",
        "dc_load_limit", "execution_engine.use_s3", "default_environment", "alias",
    ]
    private static let variables = ["DB_HOSTNAME", "DB_PORT", "DB_DATABASE", "DB_USERNAME", "DB_PASSWORD"]

    /// The configuration that `input` holds, nil where it holds none at all.
    public init?(_ input: ConfigurationInput) throws(ConfigError) {
        if input.datacubeEnvironment == nil, input.datacubeFiles.isEmpty,
            let values = Self.fromVariables(input.environment)
        {
            try self.init(values: values, environment: Sourced("default", .derived("the DB variables")), files: [])
            return
        }
        var files: [INIFile] = []
        for path in input.datacubeFileCandidates {
            if let text = input.files[path] { files.append(try INIFile(path: path, text: text)) }
        }
        if files.isEmpty, !input.datacubeFiles.isEmpty {
            let names = input.datacubeFiles.joined(separator: ", ")
            throw ConfigError("option -C", "none of the files exists: \(names)", hint: "Check the path.")
        }
        guard let chosen = try Self.chooseSection(input, files) else { return nil }
        let values = Self.merged(section: chosen.value, of: files)
        try self.init(values: values, environment: chosen, files: files.map(\.path))
    }

    private init(
        values: [String: Sourced<String>],
        environment: Sourced<String>,
        files: [String]
    ) throws(ConfigError) {
        func text(_ key: String) -> String? { (values[key]?.value).nonEmpty }
        func number(_ key: String) throws(ConfigError) -> Int? {
            guard let text = text(key), let origin = values[key]?.origin else { return nil }
            guard let number = Int(text), number >= 0 else {
                throw ConfigError("\(origin)", "\(key) must be a whole number, not '\(text)'")
            }
            return number
        }
        if let driver = text("index_driver"), !["default", "postgres", "legacy"].contains(driver) {
            throw ConfigError(
                "\(values["index_driver"]?.origin ?? .builtIn)",
                "the index driver '\(driver)' is not supported",
                hint: "Use 'default' (alias 'postgres', 'legacy'): the schema agdc, which datacube 1.8 and 1.9 read."
            )
        }
        if let flag = text("db_iam_authentication"), ["y", "yes", "true", "on", "1"].contains(flag.lowercased()) {
            throw ConfigError(
                "\(values["db_iam_authentication"]?.origin ?? .builtIn)",
                "login by AWS tokens is not supported",
                hint: "Set db_username and db_password, or use ~/.pgpass."
            )
        }
        let timeout = try number("db_connection_timeout") ?? 60
        var address: ConnectionSettings
        if let url = text("db_url"), let origin = values["db_url"]?.origin {
            address = try Self.address(url, timeout, origin)
        } else {
            address = ConnectionSettings(
                host: text("db_hostname"),
                port: try number("db_port"),
                database: text("db_database") ?? "datacube",
                user: text("db_username"),
                password: text("db_password"),
                connectTimeout: timeout
            )
        }
        // As in datacube 1.9: milliseconds, which the server keeps. What a URL says itself goes before.
        if let limit = try number("db_query_timeout"), limit > 0, address.parameters["options"] == nil {
            address.parameters["options"] = "-c statement_timeout=\(limit)"
        }
        let section = environment.value
        settings = Self.keys.compactMap { key in
            values[key].map {
                Setting(
                    "datacube.\(section).\(key)",
                    $0.value,
                    $0.origin,
                    isSecret: ["db_password", "db_url"].contains(key)
                )
            }
        }
        warnings = values.sorted { $0.key < $1.key }.compactMap { key, value in
            guard !Self.keys.contains(key), !Self.otherKeys.contains(key) else { return nil }
            let near = nearest(to: key, in: Self.keys).map { " Did you mean '\($0)'?" } ?? ""
            return "\(value.origin): unknown key '\(key)' in [\(section)].\(near)"
        }
        (self.environment, self.files, self.address) = (environment, files, address)
    }

    private static func address(
        _ url: String,
        _ timeout: Int,
        _ origin: Origin
    ) throws(ConfigError) -> ConnectionSettings {
        do throws(PostgresError) {
            let address = try ConnectionSettings(url: url, connectTimeout: timeout)
            if address.database != nil { return address }
        } catch {
            throw ConfigError("\(origin)", "'\(error.subject)': \(error.messages.joined())", hint: error.hint)
        }
        throw ConfigError(
            "\(origin)",
            "names no database",
            hint: "Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
        )
    }

    /// What `DATACUBE_DB_URL`, or else the `DB_*` variables say; nil where none is set.
    private static func fromVariables(_ environment: [String: String]) -> [String: Sourced<String>]? {
        var values: [String: Sourced<String>] = [:]
        for variable in variables {
            guard let value = environment[variable].nonEmpty else { continue }
            values[variable.lowercased()] = Sourced(value, .environment(variable: variable))
        }
        if let url = environment["DATACUBE_DB_URL"].nonEmpty {
            values = ["db_url": Sourced(url, .environment(variable: "DATACUBE_DB_URL"))]
        }
        if let flag = environment["DATACUBE_IAM_AUTHENTICATION"].nonEmpty {
            values["db_iam_authentication"] = Sourced(flag, .environment(variable: "DATACUBE_IAM_AUTHENTICATION"))
        }
        return values.isEmpty ? nil : values
    }

    private static func chooseSection(
        _ input: ConfigurationInput,
        _ files: [INIFile]
    ) throws(ConfigError) -> Sourced<String>? {
        let sections = Set(files.flatMap(\.sections).map(\.name)).subtracting(["user", "DEFAULT"])
        let inFiles = files.isEmpty ? "There is no datacube configuration file" : "Sections there are"
        let known = sections.isEmpty ? "\(inFiles)." : "\(inFiles): \(sections.sorted().joined(separator: ", "))."
        if let named = namedSection(input, files) {
            guard sections.contains(named.value) else {
                let near = nearest(to: named.value, in: sections).map { "Did you mean '\($0)'? " } ?? ""
                throw ConfigError(
                    "\(named.origin)",
                    "No datacube config found for '\(named.value)'",
                    hint: near + known
                )
            }
            return named
        }
        for name in ["default", "datacube"] {
            for file in files.reversed() {
                guard let section = file.sections.last(where: { $0.name == name }) else { continue }
                return Sourced(name, .file(path: file.path, line: section.line))
            }
        }
        guard let file = files.last, !sections.isEmpty || files.contains(where: { !$0.sections.isEmpty }) else {
            return nil
        }
        throw ConfigError(
            file.path,
            "has neither a section [default] nor [datacube]",
            hint: "\(known) Choose one with -E, DATACUBE_ENVIRONMENT or [user] default_environment."
        )
    }

    private static func namedSection(_ input: ConfigurationInput, _ files: [INIFile]) -> Sourced<String>? {
        if let name = input.datacubeEnvironment { return Sourced(name, .commandLine(option: "-E")) }
        if let name = input.environment["DATACUBE_ENVIRONMENT"].nonEmpty {
            return Sourced(name, .environment(variable: "DATACUBE_ENVIRONMENT"))
        }
        return merged(section: "user", of: files)["default_environment"]
    }

    /// The keys of a section, over those of `[DEFAULT]`; later files override earlier ones key by key.
    private static func merged(section name: String, of files: [INIFile]) -> [String: Sourced<String>] {
        var values: [String: Sourced<String>] = [:]
        for wanted in ["DEFAULT", name] {
            for file in files {
                for entry in file.sections.lazy.filter({ $0.name == wanted }).flatMap(\.entries) {
                    values[entry.key] = Sourced(entry.value, .file(path: file.path, line: entry.line))
                }
            }
        }
        return values
    }
}
