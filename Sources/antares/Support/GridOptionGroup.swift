import ArgumentParser
import Geo
import Workflows

/// The options of commands that work on a grid of the user's choice.
struct GridOptionGroup: ParsableArguments {
    @Option(
        name: [.long, .customLong("proj4")],
        help: .init("CRS to work in, as EPSG:6372; the product's without it.", valueName: "crs")
    )
    var crs: String?
    @Option(
        name: [.long, .customLong("res")],
        help: .init("Size of a pixel in units of the CRS; X,Y (or Y X) where they differ.", valueName: "size")
    )
    var resolution: PositivePair?
    @Option(
        name: [.long, .customLong("tilesize")],
        help: .init("Size of a cell in units of the CRS; X,Y (or Y X) where they differ.", valueName: "size")
    )
    var tileSize: PositivePair?
    @Option(help: .init("A corner of cells in units of the CRS, `0,0`; X,Y or, as antares3, Y X.", valueName: "x,y"))
    var origin: NumberPair?
    @Option(help: .init("Take the grid of this product.", valueName: "product"))
    var like: String?
    @Flag(help: "Make pixels outside of the region nodata.")
    var clip = false

    var options: GridOptions {
        GridOptions(
            crs: crs.map { CRS($0) },
            resolution: resolution.map { XY(x: $0.x, y: -$0.y) },
            tileSize: tileSize.map { XY(x: $0.x, y: $0.y) },
            origin: origin.map { Point(x: $0.x, y: $0.y) },
            like: like
        )
    }
}

/// One or two positive numbers: `30`, `30,30`.
struct PositivePair: ExpressibleByArgument, Equatable, Sendable {
    let x: Double
    let y: Double

    init?(argument: String) {
        let numbers = argument.split(separator: ",").map { Double($0) }
        guard let first = numbers.first ?? nil, let last = numbers.last ?? nil, numbers.count <= 2,
            !numbers.contains(nil)
        else { return nil }
        (x, y) = (abs(first), abs(last))
        guard x > 0, y > 0, x.isFinite, y.isFinite else { return nil }
    }
}

/// Two numbers: `977160,2426720`.
struct NumberPair: ExpressibleByArgument, Equatable, Sendable {
    let x: Double
    let y: Double

    init?(argument: String) {
        let numbers = argument.split(separator: ",").map { Double($0) }
        guard numbers.count == 2, let first = numbers[0], let second = numbers[1], first.isFinite, second.isFinite
        else { return nil }
        (x, y) = (first, second)
    }
}
