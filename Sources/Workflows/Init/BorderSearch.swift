public import Foundation

/// Finds borders on this machine, or else downloads them.
public struct BorderSearch: Sendable {
    /// The folder that holds `share`: `/usr`.
    private let prefix: URL
    /// Where Natural Earth is downloaded from, nil to stay off the network.
    private let download: String?

    public static let naturalEarth =
        "/vsizip//vsicurl/https://naciscdn.org/naturalearth/50m/cultural/ne_50m_admin_0_countries.zip"

    public init(prefix: URL = URL(fileURLWithPath: "/usr"), download: String? = naturalEarth) {
        (self.prefix, self.download) = (prefix, download)
    }

    /// The borders of these countries: of QGIS's world map, else of gmt-dcw, else of Natural Earth by network.
    public func countries(_ codes: [String]) throws -> [Country] {
        if let source = installed() { return try source.countries(codes) }
        let hint = "Install the packages gmt-dcw and iso-codes, or name a file: --borders FILE --iso-field NAME."
        guard let download else {
            throw InitError(.noBorders, "", "neither QGIS's world map nor gmt-dcw is installed", hint: hint)
        }
        do {
            return try FileBorders(path: download, name: "Natural Earth").countries(codes)
        } catch let error as InitError {
            throw error
        } catch {
            let reason = "neither QGIS's world map nor gmt-dcw is installed, and the download failed (\(error))"
            throw InitError(.noBorders, "", reason, hint: hint)
        }
    }

    /// What is recorded as the source of the borders.
    var sourceName: String { installed()?.name ?? "Natural Earth" }

    /// The installed source of borders, nil where there is none.
    func installed() -> (any BorderSource)? {
        let share = prefix.appending(path: "share")
        let world = share.appending(path: "qgis/resources/data/world_map.gpkg")
        if Self.exists(world) { return FileBorders(path: world.path, name: "QGIS's world map") }
        let chart = share.appending(path: "gmt-dcw")
        let codes = share.appending(path: "iso-codes/json/iso_3166-1.json")
        guard Self.exists(chart.appending(path: "dcw-gmt.nc")), Self.exists(codes) else { return nil }
        return ChartBorders(folder: chart, isoCodes: codes)
    }

    private static func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
}
