import CHDF5
import CNetCDF
import Foundation
public import Geo
import Synchronization

/// A netCDF-4 tile being written, in the layout of `datacube ingest` (CF-1.6).
///
/// The netCDF library makes the file with all that is not pixels; chunks are filtered and compressed here, by as many
/// threads as there are, and put into the file by HDF5's direct chunk write. Calls into both libraries happen within
/// `NetCDFLock`, compression does not. Blocks that nobody writes, or that hold nodata alone, take no room and read as
/// nodata.
public final class NetCDFWriter: Sendable {
    private struct Variable: Sendable {
        let dataset: Int64
        let filters: ChunkFilters
    }

    private struct State {
        /// A name and a time each.
        var assemblers: [String: BlockAssembler]
        /// Chunks are written in the order in which they became complete, so that two runs give the same bytes.
        var nextTicket = 0
        var nextToWrite = 0
        var ready: [Int: (variable: String, offset: [UInt64], bytes: [UInt8])] = [:]
    }

    private let file: Int64
    private let variables: [String: Variable]
    private let path: String
    private let temporary: String
    /// Bytes that the file needs beside chunks.
    private let fixed: Int
    private let state: Mutex<State>

    /// Creates the file with dimensions, coordinates and attributes; `path` must not exist.
    ///
    /// Errors call the file `name`, where `path` is a temporary one.
    public init(creating path: String, for name: String? = nil, tile: NetCDFTile) throws(RasterError) {
        let name = name ?? path
        (self.path, temporary) = (name, path)
        let chunks = tile.variables.reduce(0) { sum, variable in
            sum + (tile.geoBox.width / variable.chunk.x + 1) * (tile.geoBox.height / variable.chunk.y + 1)
        }
        let fixed =
            (1 << 20) + 8 * (tile.geoBox.width + tile.geoBox.height) + 128 * chunks * tile.times.count
            + tile.documents.reduce(0) { $0 + $1.utf8.count }
        self.fixed = fixed
        var assemblers: [String: BlockAssembler] = [:]
        for variable in tile.variables {
            for time in tile.times.indices {
                assemblers["\(variable.name)@\(time)"] = Self.assembler(variable, tile.geoBox)
            }
        }
        state = Mutex(State(assemblers: assemblers))
        (file, variables) = try NetCDFLock.withLock { () throws(RasterError) in
            try Self.create(path, name, tile, fixed)
            let file = antares_hdf5_open(path)
            guard file >= 0 else { throw AtomicFile.writeFailure(.createFailed, name, ["HDF5 cannot open it again"]) }
            var variables: [String: Variable] = [:]
            for variable in tile.variables {
                let dataset = antares_hdf5_dataset(file, variable.name)
                guard dataset >= 0, let filters = ChunkFilters(dataset: dataset) else {
                    let reason = "variable '\(variable.name)' has a filter that is not known"
                    Self.close(file, variables.values.map(\.dataset))
                    throw AtomicFile.writeFailure(.createFailed, name, [reason])
                }
                variables[variable.name] = Variable(dataset: dataset, filters: filters)
            }
            return (file, variables)
        }
    }

    private static func create(
        _ path: String,
        _ name: String,
        _ tile: NetCDFTile,
        _ fixed: Int
    ) throws(RasterError) {
        if let reason = AtomicFile.refusal(of: path, bytes: fixed) {
            throw AtomicFile.failure(.createFailed, name, reason)
        }
        var file: Int32 = 0
        try checkWriting(nc_create(path, NC_NETCDF4 | NC_NOCLOBBER, &file), .createFailed, name)
        do throws(RasterError) {
            if let reason = Room.take(fixed, behind: path) { throw AtomicFile.failure(.createFailed, name, reason) }
            try NetCDFLayout(file: file, path: name).define(tile)
        } catch {
            nc_abort(file)
            throw error
        }
        try checkWriting(nc_close(file), .createFailed, name)
    }

    private static func assembler(_ variable: NetCDFTile.Variable, _ geoBox: GeoBox) -> BlockAssembler {
        func make<Element: PixelElement>(_: Element.Type) -> BlockAssembler {
            BlockAssembler(
                width: geoBox.width,
                height: geoBox.height,
                blockWidth: min(variable.chunk.x, geoBox.width),
                blockHeight: min(variable.chunk.y, geoBox.height),
                nodata: Element(nearest: variable.nodata)
            )
        }
        return make(variable.type.elementType)
    }

    /// Writes a block of one variable, row-major, in the variable's own type; each pixel once.
    public func write<Element: PixelElement>(
        _ pixels: [Element],
        variable name: String,
        time: Int,
        window: PixelWindow
    ) throws {
        for job in merge(pixels, variable: name, time: time, window: window) { try job.run() }
    }

    /// Takes a block of one variable, row-major, in the variable's own type.
    ///
    /// The bytes of the file depend on the order of calls, not on that of the jobs.
    /// - Returns: What is left to do: compressing chunks that are complete now, and writing them.
    public func merge<Element: PixelElement>(
        _ pixels: [Element],
        variable name: String,
        time: Int = 0,
        window: PixelWindow
    ) -> [WriteJob] {
        precondition(pixels.count == window.pixelCount, "as many pixels as the window has")
        return jobs { state in
            let key = "\(name)@\(time)"
            guard let blocks = pixels.withUnsafeBytes({ state.assemblers[key]?.add($0, window) }) else {
                preconditionFailure("no variable '\(name)' was defined")
            }
            return blocks.map { (name, time, $0) }
        }
    }

    /// Says that nothing above a row will come any more; returns what can be done therefore.
    public func complete(above row: Int) -> [WriteJob] {
        jobs { state in
            state.assemblers.keys.sorted().flatMap { key -> [(String, Int, AssembledBlock)] in
                let parts = key.split(separator: "@")
                let blocks = state.assemblers[key]?.complete(above: row) ?? []
                return blocks.map { (String(parts[0]), Int(parts[1]) ?? 0, $0) }
            }
        }
    }

    private func jobs(_ body: (inout State) -> [(String, Int, AssembledBlock)]) -> [WriteJob] {
        state.withLock { state in
            body(&state).compactMap { name, time, block in
                guard let assembler = state.assemblers["\(name)@\(time)"], !assembler.isEmpty(block) else { return nil }
                let ticket = state.nextTicket
                state.nextTicket += 1
                let rows = block.row * assembler.blockHeight
                let offset = [UInt64(time), UInt64(rows), UInt64(block.column * assembler.blockWidth)]
                return WriteJob { [self] in try store(block.bytes, of: name, at: offset, ticket: ticket) }
            }
        }
    }

    /// Compresses a chunk and writes it when its turn has come, and those that waited for it.
    private func store(_ bytes: [UInt8], of name: String, at offset: [UInt64], ticket: Int) throws(RasterError) {
        guard let variable = variables[name] else { preconditionFailure("no variable '\(name)' was defined") }
        let stored = variable.filters.apply(bytes)
        try state.withLock { state throws(RasterError) in
            state.ready[ticket] = (name, offset, stored)
            while let chunk = state.ready.removeValue(forKey: state.nextToWrite) {
                state.nextToWrite += 1
                guard let dataset = variables[chunk.variable]?.dataset else { continue }
                try NetCDFLock.withLock { () throws(RasterError) in
                    if let reason = Room.take(fixed + chunk.bytes.count, behind: temporary) {
                        throw AtomicFile.failure(.writeFailed, path, reason)
                    }
                    let offset: [hsize_t] = chunk.offset.map { hsize_t($0) }
                    let status = chunk.bytes.withUnsafeBytes {
                        antares_hdf5_write_chunk(dataset, offset, $0.count, $0.baseAddress)
                    }
                    guard status >= 0 else {
                        throw AtomicFile.writeFailure(.writeFailed, path, ["HDF5 cannot write a chunk"])
                    }
                }
            }
        }
    }

    /// Writes what is left and closes.
    ///
    /// To be called once, and last.
    public func close() throws {
        for job in complete(above: .max) { try job.run() }
        try NetCDFLock.withLock { () throws(RasterError) in
            guard Self.close(file, variables.values.map(\.dataset)) else {
                throw AtomicFile.writeFailure(.closeFailed, path, ["HDF5 cannot write the file's tables"])
            }
            Room.giveBack(temporary)
        }
    }

    /// Gives up: the unfinished file is closed as far as that goes, and left to the caller to remove.
    public func abandon() { NetCDFLock.withLock { _ = Self.close(file, variables.values.map(\.dataset)) } }

    @discardableResult
    private static func close(_ file: Int64, _ datasets: [Int64]) -> Bool {
        let closed = datasets.map { H5Dclose($0) >= 0 }
        return H5Fclose(file) >= 0 && !closed.contains(false)
    }
}
