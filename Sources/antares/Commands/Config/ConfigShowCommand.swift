import ArgumentParser
import Config

/// The command `antares config show`.
struct ConfigShowCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print every setting, its value (secrets masked) and where it came from.",
        discussion: """
            Read are ~/.antares (KEY=VALUE; environment variables win) and the datacube configuration \
            (/etc/datacube.conf, $DATACUBE_CONFIG_PATH, ~/.datacube.conf, ./datacube.conf, or the files of -C).
            """
    )
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let settings = try common.makeSettings()
        try common.emit(ConfigReport(settings)) { Self.text(settings) }
    }

    private static func text(_ settings: Settings) -> String {
        let rows = settings.all.map { setting in
            let origin = setting.note.map { "\(setting.origin) (\($0))" } ?? setting.origin.description
            return [setting.name, setting.value ?? "-", origin]
        }
        return ([Output.table([["SETTING", "VALUE", "FROM"]] + rows)] + settings.warnings.map { "warning: \($0)" })
            .joined(separator: "\n")
    }
}

/// What `antares config show --json` prints.
struct ConfigReport: Encodable {
    struct Item: Encodable {
        let name: String
        let value: String?
        let origin: String
        let note: String?
    }
    let settings: [Item]
    let warnings: [String]

    init(_ settings: Settings) {
        self.settings = settings.all.map {
            Item(name: $0.name, value: $0.value, origin: $0.origin.description, note: $0.note)
        }
        warnings = settings.warnings
    }
}
