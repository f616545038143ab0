import Foundation
public import Geo
public import Raster

/// Where the blocks of one tile go; may be called from any thread, blocks in any order.
public protocol TileSink: AnyObject, Sendable {
    /// Writes a block of one variable, row-major, in the variable's own type.
    func write<Element: PixelElement>(_ pixels: [Element], variable: String, window: PixelWindow) throws
    /// Completes the files and gives them their names; to be called once, and last.
    func finish() throws
    /// Gives up and removes what was written.
    func abandon()
}

/// One netCDF file with a variable for each measurement.
public final class NetCDFSink: TileSink {
    private let writer: NetCDFWriter
    private let file: PendingFile

    public init(_ tile: NetCDFTile, path: String) throws {
        file = try PendingFile(path)
        do {
            writer = try NetCDFWriter(creating: file.temporary, for: path, tile: tile)
        } catch {
            file.remove()
            throw error
        }
    }

    public func write<Element: PixelElement>(_ pixels: [Element], variable: String, window: PixelWindow) throws {
        try writer.write(pixels, variable: variable, time: 0, window: window)
    }

    public func finish() throws {
        do {
            try writer.close()
            try file.publish()
        } catch {
            file.remove()
            throw error
        }
    }

    public func abandon() {
        writer.abandon()
        file.remove()
    }
}

/// One cloud-optimised GeoTIFF for each measurement: `<stem>_<measurement>.tif`.
public final class GeoTIFFSink: TileSink {
    private let writers: [String: BlockGeoTIFF]
    private let paths: [String: String]

    /// - `path`: Of a measurement's file.
    public init(_ tile: NetCDFTile, path: (_ measurement: String) -> String) throws {
        var writers: [String: BlockGeoTIFF] = [:]
        for variable in tile.variables {
            let metadata = variable.attributes + tile.attributes + [("units", variable.units)]
            writers[variable.name] = try BlockGeoTIFF(
                path(variable.name),
                geoBox: tile.geoBox,
                type: variable.type,
                nodata: variable.nodata,
                name: variable.name,
                metadata: metadata
            )
        }
        self.writers = writers
        paths = writers.keys.reduce(into: [:]) { $0[$1] = path($1) }
    }

    public func write<Element: PixelElement>(_ pixels: [Element], variable: String, window: PixelWindow) throws {
        guard let writer = writers[variable] else { preconditionFailure("no variable '\(variable)' was defined") }
        try writer.write(pixels, window: window)
    }

    public func finish() throws {
        for (name, writer) in writers.sorted(by: { $0.key < $1.key }) {
            do {
                try writer.finish()
            } catch {
                // A tile with some of its measurements is no tile, and its files take room.
                abandon()
                for file in paths.filter({ $0.key < name }).values { unlink(file) }
                throw error
            }
        }
    }

    public func abandon() { for writer in writers.values { writer.abandon() } }
}
