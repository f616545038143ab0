import ArgumentParser
import Config
import Foundation
import Raster
import Workflows

/// The command `antares config grid`.
struct ConfigGridCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "grid",
        abstract: "Print an ingestion configuration for another zone of UTM.",
        discussion: """
            NAME is a configuration of ~/.config/madmex/ingestion or of those that come with the program, as \
            landsat_c2_utm_13n, or a file. Printed is the same one for the zone of --utm: its CRS, and the zone in the \
            names of product and files. Without NAME it lists those that there are.
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(help: .init("The zone and the side of the equator, as 33N or 20S.", valueName: "zone"))
    var utm: String?
    @Option(name: .shortAndLong, help: .init("File to write, instead of standard output.", valueName: "file"))
    var output: String?
    @Argument(help: "A configuration by its name or file.")
    var name: String?

    func validate() throws {
        guard (name == nil) == (utm == nil) else { throw ValidationError("Give both a NAME and --utm, or neither.") }
        if let utm, UTMGridZone(utm) == nil {
            throw ValidationError("--utm '\(utm)' is no zone. Write 1 to 60 and N or S, as 33N.")
        }
    }

    func run() async throws {
        let settings = try common.makeSettings()
        let folders = [
            settings.documentDirectory + "/ingestion",
            try SharedFiles.directory(settings).appendingPathComponent("config-templates/ingestion").path,
        ]
        guard let name, let zone = utm.flatMap({ UTMGridZone($0) }) else {
            let files = folders.flatMap { VirtualFolder.names($0) ?? [] }.filter { $0.contains("_utm_") }
            let names = Set(files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }).sorted()
            try common.emit(names) { names.joined(separator: "\n") }
            return
        }
        let candidates = [name] + folders.map { "\($0)/\(name).yaml" }
        guard let file = candidates.first(where: { VirtualFolder.kind($0) == .file }) else {
            throw CommandFailure(.noInput, "there is no configuration '\(name)'. See: antares config grid.")
        }
        let values = TemplateValues(
            ingestionPath: settings.ingestionPath.value,
            bucket: settings.ingestionBucket.value,
            driver: settings.driver.value
        )
        let template = values.render(try String(contentsOfFile: file, encoding: .utf8))
        let text = try UTMTemplate.text(template, origin: file, for: zone)
        guard let output else {
            Output.write(text)
            return
        }
        try AtomicFile.write(Data(text.utf8), to: ObjectStore.absolute(output))
        Output.write("\(output) written for EPSG:\(zone.epsg)")
    }
}
