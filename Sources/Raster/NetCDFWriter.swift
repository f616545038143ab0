import CNetCDF
import Foundation
public import Geo
import Synchronization

/// A netCDF-4 tile being written, in the layout of `datacube ingest` (CF-1.6).
///
/// Blocks may come from any thread and in any order; blocks that nobody writes take no room and read as nodata.
/// Every call into netCDF happens within `NetCDFLock`.
public final class NetCDFWriter: Sendable {
    private let file: Int32
    private let variables: [String: Int32]
    private let path: String
    /// Used within `NetCDFLock` only, as all that writes.
    private let room: Mutex<Room>

    /// Creates the file with dimensions, coordinates and attributes; `path` must not exist.
    ///
    /// Errors call the file `name`, where `path` is a temporary one.
    public init(creating path: String, for name: String? = nil, tile: NetCDFTile) throws(RasterError) {
        let name = name ?? path
        self.path = name
        let fixed =
            (1 << 20) + 8 * (tile.geoBox.width + tile.geoBox.height) + tile.documents.reduce(0) { $0 + $1.utf8.count }
        let made = try NetCDFLock.withLock { () throws(RasterError) in
            if let reason = AtomicFile.refusal(of: path, bytes: fixed) {
                throw AtomicFile.failure(.createFailed, name, reason)
            }
            var file: Int32 = 0
            let status = nc_create(path, NC_NETCDF4 | NC_NOCLOBBER, &file)
            try checkWriting(status, .createFailed, name)
            do throws(RasterError) {
                if let reason = Room.take(fixed, behind: path) { throw AtomicFile.failure(.createFailed, name, reason) }
                let variables = try NetCDFLayout(file: file, path: name).define(tile)
                let room = Room(path: path, file: file, variables: variables.values, fixed: fixed)
                return (file: file, variables: variables, room: room)
            } catch {
                nc_abort(file)
                throw error
            }
        }
        (file, variables) = (made.file, made.variables)
        room = Mutex(made.room)
    }

    /// Writes a block of one variable, row-major.
    public func write<Element: PixelElement>(
        _ pixels: [Element],
        variable name: String,
        time: Int,
        window: PixelWindow
    ) throws(RasterError) {
        precondition(pixels.count == window.pixelCount, "as many pixels as the window has")
        guard let variable = variables[name] else { preconditionFailure("no variable '\(name)' was defined") }
        try NetCDFLock.withLock { () throws(RasterError) in
            let bytes = pixels.count * MemoryLayout<Element>.size
            if let reason = room.withLock({ $0.take(bytes, of: variable) }) {
                throw AtomicFile.failure(.writeFailed, path, reason)
            }
            let start = [time, window.row, window.column]
            let status = Element.put(file, variable, start, [1, window.height, window.width], pixels)
            try checkWriting(status, .writeFailed, path)
        }
    }

    /// Writes what is cached and closes.
    ///
    /// To be called once, and last.
    public func close() throws(RasterError) {
        try NetCDFLock.withLock { () throws(RasterError) in
            try checkWriting(nc_close(file), .closeFailed, path)
            room.withLock { $0.giveBack() }
        }
    }

    /// Gives up: the unfinished file is closed as far as that goes, and left to the caller to remove.
    public func abandon() { NetCDFLock.withLock { _ = nc_close(file) } }
}
