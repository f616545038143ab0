import Foundation

/// Everything that the configuration is made from, as values.
public struct ConfigurationInput: Sendable {
    public var environment: [String: String]
    /// The contents of the files that exist, by path.
    public var files: [String: String]
    /// `-E`.
    public var datacubeEnvironment: String?
    /// `-C`, in the order given.
    public var datacubeFiles: [String]

    /// What the text given by `-R` is called among the files.
    private static let givenText = "option -R"

    public init(
        environment: [String: String],
        files: [String: String] = [:],
        datacubeEnvironment: String? = nil,
        datacubeFiles: [String] = []
    ) {
        (self.environment, self.files) = (environment, files)
        (self.datacubeEnvironment, self.datacubeFiles) = (datacubeEnvironment, datacubeFiles)
    }

    /// Reads the files that the environment and the options point to; those that do not exist are left out.
    ///
    /// - `datacubeText`: Stands for all datacube configuration files.
    public static func reading(
        environment: [String: String],
        datacubeEnvironment: String? = nil,
        datacubeFiles: [String] = [],
        datacubeText: String? = nil
    ) throws(ConfigError) -> ConfigurationInput {
        var input = ConfigurationInput(
            environment: environment,
            datacubeEnvironment: datacubeEnvironment,
            datacubeFiles: datacubeText == nil ? datacubeFiles : [givenText]
        )
        input.files[givenText] = datacubeText
        for path in [input.antaresFile] + input.datacubeFileCandidates {
            guard FileManager.default.fileExists(atPath: path) else { continue }
            do {
                input.files[path] = try String(contentsOfFile: path, encoding: .utf8)
            } catch {
                throw ConfigError(path, "cannot be read", hint: "Check its permissions, and that it is UTF-8 text.")
            }
        }
        return input
    }

    /// The home folder: `$HOME`, else what the system says.
    public var home: String { environment["HOME"].nonEmpty ?? NSHomeDirectory() }

    /// `~/.antares`.
    public var antaresFile: String { home + "/.antares" }

    /// The datacube configuration files, later ones overriding earlier ones.
    public var datacubeFileCandidates: [String] {
        guard datacubeFiles.isEmpty else { return datacubeFiles }
        let named = environment["DATACUBE_CONFIG_PATH"].nonEmpty.map { [$0] } ?? []
        return ["/etc/datacube.conf"] + named + [home + "/.datacube.conf", "datacube.conf"]
    }
}

extension String? {
    /// Nil for an empty text as well.
    var nonEmpty: String? { self?.isEmpty == false ? self : nil }
}
