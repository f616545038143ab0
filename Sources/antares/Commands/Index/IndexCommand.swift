import ArgumentParser
import DatacubeIndex
import Foundation
import Geo
import Logging
import Workflows

/// The group `index`.
struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Index scenes in one go, and what antares adds to the Open Data Cube's index.",
        subcommands: [IndexScenesCommand.self, IndexFootprintsCommand.self],
        defaultSubcommand: IndexScenesCommand.self
    )
}

/// The command `index footprints`.
struct IndexFootprintsCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "footprints",
        abstract: "Make the table of footprints, which searches by geometry use.",
        discussion: """
            The table stands beside the Open Data Cube's own and is kept true by a trigger, also when Python adds \
            datasets. Documents that give no shape are named; they stay in the index. Needs PostGIS.
            """
    )
    @OptionGroup var common: CommonOptions
    @Flag(help: "Make all footprints anew.")
    var rebuild = false

    func run() async throws {
        let services = try common.makeServices()
        let report = try await services.index().makeFootprints(rebuild: rebuild)
        for problem in report.problems {
            services.log.warning("dataset \(problem.dataset) has no footprint: \(problem.reason)")
        }
        try common.emit(report) {
            "footprints: \(report.footprints)" + (report.missing > 0 ? ", \(report.missing) datasets without" : "")
        }
    }
}

/// Where to search: an area by its shape or by its name.
struct AreaOptions: ParsableArguments {
    @Option(
        help: .init("Datasets whose footprint meets this area: WKT, GeoJSON, or @FILE with either.", valueName: "shape")
    )
    var geometry: String?
    @Option(help: .init("CRS of the area, and of x and y in expressions (EPSG:4326).", valueName: "crs"))
    var crs = "EPSG:4326"
    @Option(
        name: [.long, .customShort("r")],
        help: .init("Datasets that meet this country or region.", valueName: "name")
    )
    var region: String?

    func validate() throws {
        guard geometry == nil || region == nil else {
            throw ValidationError("--geometry and --region exclude each other.")
        }
    }

    /// The conditions with the area added; `x in [..]` and `y in [..]` together make a box.
    func added(to query: DatasetQuery, _ services: Services) async throws -> DatasetQuery {
        var query = query
        if case .between(let left, let right)? = query.fields["x"],
            case .between(let bottom, let top)? = query.fields["y"]
        {
            query.area = SearchArea(BoundingBox(left: left, bottom: bottom, right: right, top: top), crs: CRS(crs))
            query.fields["x"] = nil
            query.fields["y"] = nil
        }
        if let region {
            query.area = SearchArea(
                try await BorderStore(try await services.ownConnection()).area(named: region).border
            )
        }
        guard let geometry else { return query }
        query.area = SearchArea(try text(of: geometry), crs: CRS(crs))
        return query
    }

    /// The shape itself, or what the file named behind `@` holds.
    private func text(of geometry: String) throws -> String {
        guard geometry.hasPrefix("@") else { return geometry }
        let path = String(geometry.dropFirst())
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CommandFailure(.noInput, "--geometry: the file '\(path)' does not exist or is no UTF-8 text.")
        }
        return text
    }
}
