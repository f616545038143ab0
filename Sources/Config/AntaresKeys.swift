import Documents
import Postgres

/// The keys of `~/.antares`.
enum AntaresKey: String, CaseIterable {
    case databaseName = "DATABASE_NAME"
    case databaseUser = "DATABASE_USER"
    case databasePassword = "DATABASE_PASSWORD"
    case databaseHost = "DATABASE_HOST"
    case databasePort = "DATABASE_PORT"
    case ingestionPath = "INGESTION_PATH"
    case driver = "DRIVER"
    case ingestionBucket = "INGESTION_BUCKET"
    case serializedObjects = "SERIALIZED_OBJECTS_DIR"
    case temporary = "TEMP_DIR"
    case shared = "SHARED_DIR"
    case debug = "DEBUG"
    case logLevel = "DJANGO_LOG_LEVEL"
    case regions = "ANTARES_REGIONS"
    case share = "ANTARES_SHARE"
    case secretKey = "SECRET_KEY"
    case allowedHosts = "ALLOWED_HOSTS"
    case usgsUser = "USGS_USER"
    case usgsToken = "USGS_TOKEN"
    case usgsAddress = "USGS_M2M_URL"
    case usgsPassword = "USGS_PASSWORD"
    case stacAddress = "STAC_URL"
    case stacAuthorization = "STAC_AUTHORIZATION"
    case stacSign = "STAC_SIGN"
    case scihubUser = "SCIHUB_USER"
    case scihubPassword = "SCIHUB_PASSWORD"
    case bisLicense = "BIS_LICENSE"
    case segmentationDirectory = "SEGMENTATION_DIR"
    case segmentationBucket = "SEGMENTATION_BUCKET"

    /// Why nothing uses the key any more, nil where it is used.
    var unusedBecause: String? {
        switch self {
        case .secretKey, .allowedHosts: "there is no Django server any more"
        case .usgsPassword: "the USGS takes application tokens instead: set USGS_TOKEN"
        case .scihubUser, .scihubPassword: "the service it belonged to is closed"
        case .bisLicense: "the licensed segmentation program is not used any more"
        case .segmentationDirectory, .segmentationBucket: "segments are kept in the database"
        default: nil
        }
    }

    var isSecret: Bool {
        switch self {
        case .databasePassword, .secretKey, .usgsPassword, .usgsToken, .scihubPassword, .bisLicense: true
        case .stacAuthorization, .stacSign: true
        default: false
        }
    }
}

/// The values of the keys of `~/.antares`, environment variables before the file.
struct AntaresValues {
    private(set) var values: [AntaresKey: Sourced<String>] = [:]
    /// Unknown keys, each with file and line.
    private(set) var warnings: [String] = []

    init(_ input: ConfigurationInput) throws(ConfigError) {
        if let text = input.files[input.antaresFile] {
            let file = try KeyValueFile(path: input.antaresFile, text: text, environment: input.environment)
            for entry in file.entries {
                if let key = AntaresKey(rawValue: entry.key) {
                    values[key] = Sourced(entry.value, .file(path: file.path, line: entry.line))
                } else {
                    let near = nearest(to: entry.key, in: AntaresKey.allCases.map(\.rawValue))
                    let hint = near.map { " Did you mean '\($0)'?" } ?? ""
                    warnings.append("\(file.path):\(entry.line): unknown key '\(entry.key)'.\(hint)")
                }
            }
        }
        for key in AntaresKey.allCases {
            guard let value = input.environment[key.rawValue].nonEmpty else { continue }
            values[key] = Sourced(value, .environment(variable: key.rawValue))
        }
        values = values.filter { !$0.value.value.isEmpty }
    }

    subscript(key: AntaresKey) -> Sourced<String>? { values[key] }

    /// The database of `DATABASE_*`, nil where none of them is set.
    func databaseAddress() throws(ConfigError) -> ConnectionSettings? {
        let keys: [AntaresKey] = [.databaseHost, .databasePort, .databaseUser, .databasePassword]
        guard let name = self[.databaseName] else {
            guard let key = keys.first(where: { self[$0] != nil }), let given = self[key] else { return nil }
            throw ConfigError(
                "\(given.origin)",
                "\(key.rawValue) is set but DATABASE_NAME is not",
                hint: "Set DATABASE_NAME as well, or none of DATABASE_* to let antares run a private PostgreSQL."
            )
        }
        var port: Int?
        if let text = self[.databasePort] {
            port = Int(text.value)
            guard let port, (1...65535).contains(port) else {
                throw ConfigError("\(text.origin)", "DATABASE_PORT must be a port number, not '\(text.value)'")
            }
        }
        return ConnectionSettings(
            host: self[.databaseHost]?.value,
            port: port,
            database: name.value,
            user: self[.databaseUser]?.value,
            password: self[.databasePassword]?.value
        )
    }
}
