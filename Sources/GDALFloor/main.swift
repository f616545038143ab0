import Foundation
import Geo
import Raster

// The least that a program can do that reads and writes by GDAL: it decodes every block of some files once, and writes as
// many bands as asked for as a deflated GeoTIFF. The bench measures antares against it.
//
//     GDALFloor OUTPUT BANDS THREADS FILE…

let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard arguments.count > 3, let bands = Int(arguments[1]), let threads = Int(arguments[2]), bands > 0, threads > 0 else {
    FileHandle.standardError.write(Data("usage: GDALFloor OUTPUT BANDS THREADS FILE…\n".utf8))
    exit(64)
}
let files = Array(arguments[3...])

/// Reads the whole of a file in strips of its own blocks; the last strip is given back.
@Sendable func readAll(_ path: String) throws -> [UInt16] {
    let file = try RasterFile(opening: path)
    let rows = max(1, file.blockSize(band: 1).height)
    var strip: [UInt16] = []
    for row in stride(from: 0, to: file.height, by: rows) {
        let window = PixelWindow(column: 0, row: row, width: file.width, height: min(rows, file.height - row))
        strip = try file.read(UInt16.self, band: 1, window: window)
    }
    return strip
}

DispatchQueue.concurrentPerform(iterations: threads) { thread in
    do {
        for index in stride(from: thread, to: files.count, by: threads) { _ = try readAll(files[index]) }
    } catch {
        FileHandle.standardError.write(Data("GDALFloor: \(error)\n".utf8))
        exit(1)
    }
}
do {
    // What is written is the first file of each band, as many pixels as the composite has at least.
    let first = try RasterFile(opening: files[0])
    guard let box = first.geoBox else { exit(1) }
    let pixels = try files.prefix(bands).map { try RasterFile(opening: $0).read(UInt16.self, band: 1) }
    try RasterOutput.write(bands: pixels, on: box, to: arguments[0], format: .geoTIFF, options: ["INTERLEAVE=BAND"])
} catch {
    FileHandle.standardError.write(Data("GDALFloor: \(error)\n".utf8))
    exit(1)
}
