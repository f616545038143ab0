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

    /// The place of a chunk, in the order in which chunks are written: by row, then by variable, time and column.
    private struct Place: Hashable, Comparable {
        let row: Int
        let variable: String
        let time: Int
        let column: Int

        static func < (a: Place, b: Place) -> Bool {
            (a.row, a.variable, a.time, a.column) < (b.row, b.variable, b.time, b.column)
        }
    }

    private struct State {
        /// A name and a time each.
        var assemblers: [String: BlockAssembler]
        /// Nothing above this row will come any more.
        var completeRow = 0
        /// Chunks that are being compressed.
        var inWork: Set<Place> = []
        /// Compressed chunks that wait until all before them are written: the bytes of a file do not depend on the blocks
        /// in which it was computed, nor on who was first.
        var ready: [Place: [UInt8]] = [:]

        /// The next chunk to write, nil as long as one before it may still come.
        ///
        /// - `reach`: Rows of the tallest chunk: one that begins further up is complete.
        mutating func next(reach: Int) -> (place: Place, bytes: [UInt8])? {
            guard let place = ready.keys.min(), completeRow >= place.row + reach,
                inWork.min().map({ place < $0 }) ?? true
            else { return nil }
            return ready.removeValue(forKey: place).map { (place, $0) }
        }
    }

    private let file: Int64
    private let variables: [String: Variable]
    private let path: String
    private let temporary: String
    /// Bytes that the file needs beside chunks.
    private let fixed: Int
    /// Rows of the tallest chunk.
    private let reach: Int
    private let height: Int
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
        (reach, height) = (tile.variables.map(\.chunk.y).max() ?? 0, tile.geoBox.height)
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
        let rest = jobs { state in
            state.assemblers.keys.sorted().flatMap { key -> [(String, Int, AssembledBlock)] in
                let parts = key.split(separator: "@")
                let blocks = state.assemblers[key]?.complete(above: row) ?? []
                return blocks.map { (String(parts[0]), Int(parts[1]) ?? 0, $0) }
            }
        }
        // What is compressed already may have waited for this.
        let isNews = state.withLock { state in
            let complete = row >= height ? Int.max : row
            defer { state.completeRow = max(state.completeRow, complete) }
            return complete > state.completeRow && !state.ready.isEmpty
        }
        return isNews ? rest + [WriteJob { [self] in try writeReady() }] : rest
    }

    private func jobs(_ body: (inout State) -> [(String, Int, AssembledBlock)]) -> [WriteJob] {
        state.withLock { state in
            body(&state).compactMap { name, time, block in
                guard let assembler = state.assemblers["\(name)@\(time)"], !assembler.isEmpty(block) else { return nil }
                let place = Place(
                    row: block.row * assembler.blockHeight,
                    variable: name,
                    time: time,
                    column: block.column * assembler.blockWidth
                )
                state.inWork.insert(place)
                return WriteJob { [self] in try store(block.bytes, at: place) }
            }
        }
    }

    /// Compresses a chunk and writes it when its turn has come, and those that waited for it.
    private func store(_ bytes: [UInt8], at place: Place) throws(RasterError) {
        guard let variable = variables[place.variable] else {
            preconditionFailure("no variable '\(place.variable)' was defined")
        }
        let stored = variable.filters.apply(bytes)
        state.withLock { state in
            state.inWork.remove(place)
            state.ready[place] = stored
        }
        try writeReady()
    }

    private func writeReady() throws(RasterError) {
        try state.withLock { state throws(RasterError) in
            while let chunk = state.next(reach: reach) {
                guard let dataset = variables[chunk.place.variable]?.dataset else { continue }
                try NetCDFLock.withLock { () throws(RasterError) in
                    if let reason = Room.take(fixed + chunk.bytes.count, behind: temporary) {
                        throw AtomicFile.failure(.writeFailed, path, reason)
                    }
                    let offset = [chunk.place.time, chunk.place.row, chunk.place.column].map { hsize_t($0) }
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
