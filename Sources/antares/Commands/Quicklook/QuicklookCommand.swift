import ArgumentParser
import Foundation
import Geo
import Raster
import Workflows

/// `quicklook`: a picture of a product.
struct QuicklookCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "quicklook",
        abstract: "Draw a product as a PNG picture.",
        discussion: "Where datasets overlap, the latest is on top. Pixels without data are transparent."
    )

    @OptionGroup var common: CommonOptions
    @Option(name: .shortAndLong, help: .init("Product to draw.", valueName: "name"))
    var product: String
    @Option(
        name: .shortAndLong,
        help: .init("File to write.", valueName: "file"),
        completion: .file(extensions: ["png"])
    )
    var output: String
    @Option(
        parsing: .upToNextOption,
        help: .init("Three measurements for red, green and blue, or one for grey.", valueName: "name")
    )
    var bands: [String] = []
    @Option(help: .init("Only datasets of this year, month or day.", valueName: "period"))
    var time: String?
    @Option(help: .init("Pixels of the longer side.", valueName: "px"))
    var size = 1024

    func validate() throws {
        guard [0, 1, 3].contains(bands.count) else {
            throw ValidationError("--bands takes one or three measurements, got \(bands.count).")
        }
        guard (16...20_000).contains(size) else { throw ValidationError("--size must lie within 16 and 20000.") }
        if let time, TimeRange(period: time) == nil {
            throw ValidationError("--time takes YYYY, YYYY-MM or YYYY-MM-DD, got '\(time)'.")
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        let quicklook = Quicklook(
            product: product,
            bands: bands.isEmpty ? nil : bands,
            time: time.flatMap { TimeRange(period: $0) },
            size: size
        )
        let path = ObjectStore.absolute(output)
        let summary = try await quicklook.draw(on: try await services.index(), to: path)
        try common.emit(summary) {
            "\(summary.path): \(summary.width) x \(summary.height) px, \(summary.bands.joined(separator: ", ")), "
                + "\(Int((summary.validFraction * 100).rounded())) % with data"
        }
    }
}
