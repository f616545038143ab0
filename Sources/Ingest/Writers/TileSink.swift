import Foundation
public import Geo
public import Raster

/// Where the blocks of one tile go.
///
/// `merge` and `complete` are called in the order of blocks, by one thread at a time; the work that they leave may be done
/// by any thread, beside all other calls but `finish`. So compression needs no lock, and bytes do not depend on threads.
public protocol TileSink: AnyObject, Sendable {
    /// Takes a block of one variable, row-major, in the variable's own type.
    func merge<Element: PixelElement>(_ pixels: [Element], variable: String, window: PixelWindow) -> [WriteJob]
    /// Says that nothing above a row will come any more.
    func complete(above row: Int) -> [WriteJob]
    /// Completes the files and gives them their names; to be called once, when all work is done, and last.
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

    public func merge<Element: PixelElement>(
        _ pixels: [Element],
        variable: String,
        window: PixelWindow
    ) -> [WriteJob] {
        writer.merge(pixels, variable: variable, window: window)
    }

    public func complete(above row: Int) -> [WriteJob] { writer.complete(above: row) }

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

/// One cloud-optimised GeoTIFF for each measurement.
public final class GeoTIFFSink: TileSink {
    private let files: [(name: String, path: String, writer: CloudOptimisedTIFF)]

    /// - `path`: Of a measurement's file.
    public init(
        _ tile: NetCDFTile,
        compression: BlockCompression = .deflate(level: 6),
        path: (_ measurement: String) -> String
    ) throws {
        files = try tile.variables.map { variable in
            let layout = CloudOptimisedTIFF.Layout(
                geoBox: tile.geoBox,
                type: variable.type,
                bands: [variable.band],
                nodata: variable.nodata,
                compression: compression,
                overviews: variable.isCategorical ? .nearest : .average,
                metadata: (variable.attributes + tile.attributes).map { ($0.name, $0.value.text) }
                    + [("units", variable.units)]
            )
            let path = path(variable.name)
            return (variable.name, path, try CloudOptimisedTIFF(path, layout))
        }
    }

    public func merge<Element: PixelElement>(
        _ pixels: [Element],
        variable: String,
        window: PixelWindow
    ) -> [WriteJob] {
        guard let file = files.first(where: { $0.name == variable }) else {
            preconditionFailure("no variable '\(variable)' was defined")
        }
        return file.writer.merge(pixels, window: window)
    }

    public func complete(above row: Int) -> [WriteJob] { files.flatMap { $0.writer.complete(above: row) } }

    public func finish() throws {
        for (number, file) in files.enumerated() {
            do {
                try file.writer.finish()
            } catch {
                // A tile with some of its measurements is no tile, and its files take room.
                abandon()
                for done in files[..<number] { AtomicFile.remove(done.path) }
                throw error
            }
        }
    }

    public func abandon() { for file in files { file.writer.abandon() } }
}
