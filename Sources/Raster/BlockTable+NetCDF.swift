import CHDF5
import Foundation
import Geo

extension BlockTable {
    /// The chunks of a variable of a netCDF-4 file for one time, nil where `BlockReader` cannot read them by itself.
    ///
    /// It can: chunks of one time and level in the machine's own order of bytes, that went through shuffle, DEFLATE and
    /// Fletcher's checksum or some of them. HDF5 is asked here alone: afterwards each thread reads without its lock.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - variable: Its last dimensions are rows and columns.
    ///   - time: Counted from 0; ignored for a variable without time.
    public init?(netCDF path: String, variable: String, time: Int) {
        guard let fileSize = Self.size(ofHDF5: path) else { return nil }
        let found = NetCDFLock.withLock { () -> BlockTable? in
            let file = antares_hdf5_open_reading(path)
            guard file >= 0 else { return nil }
            defer { H5Fclose(file) }
            let dataset = antares_hdf5_dataset(file, variable)
            guard dataset >= 0 else { return nil }
            defer { H5Dclose(dataset) }
            return BlockTable(dataset, "\(variable)@\(time)", time: time, path: path, fileSize: fileSize)
        }
        guard let found else { return nil }
        self = found
    }

    /// Of an open dataset; within `NetCDFLock` only.
    private init?(_ dataset: Int64, _ part: String, time: Int, path: String, fileSize: Int) {
        guard let type = Self.type(of: dataset), let filters = ChunkFilters(dataset: dataset),
            let (shape, chunk) = Self.layout(of: dataset), shape.count >= 2
        else { return nil }
        let rank = shape.count
        let (height, width) = (shape[rank - 2], shape[rank - 1])
        let (blockHeight, blockWidth) = (chunk[rank - 2], chunk[rank - 1])
        let longest = Int(Int32.max)
        guard (1...longest).contains(width), (1...longest).contains(height),
            (1...longest).contains(blockWidth), (1...longest).contains(blockHeight),
            blockWidth * blockHeight <= 1 << 28,
            chunk.dropLast(2).allSatisfy({ $0 == 1 }), rank == 2 || (0..<shape[0]).contains(time)
        else { return nil }
        let (columns, rows) = ((width - 1) / blockWidth + 1, (height - 1) / blockHeight + 1)
        guard columns * rows <= fileSize else { return nil }
        var (offsets, sizes): ([Int], [Int]) = ([], [])
        for number in 0..<columns * rows {
            var place = [hsize_t](repeating: 0, count: rank)
            if rank > 2 { place[0] = hsize_t(time) }
            place[rank - 2] = hsize_t(number / columns * blockHeight)
            place[rank - 1] = hsize_t(number % columns * blockWidth)
            var (skipped, address, size): (UInt32, haddr_t, hsize_t) = (0, 0, 0)
            guard H5Dget_chunk_info_by_coord(dataset, place, &skipped, &address, &size) >= 0 else { return nil }
            // A chunk that nobody wrote has no place.
            let isThere = size > 0 && size <= fileSize && address <= UInt64(fileSize) - size
            guard !isThere || skipped == 0 else { return nil }
            offsets.append(isThere ? Int(address) : 0)
            sizes.append(isThere ? Int(size) : 0)
        }
        let bytes = blockWidth * blockHeight * type.byteCount
        guard filters.canExpand(sizes.max() ?? 0, to: bytes) else { return nil }
        (self.path, self.part, self.width, self.height, self.type) = (path, part, width, height, type)
        (self.blockWidth, self.blockHeight, isTiled) = (blockWidth, blockHeight, true)
        (self.offsets, self.sizes) = (offsets, sizes)
        storage = .chunks(filters)
    }

    /// The size of a file that begins as HDF5 does, so that addresses count from its first byte.
    private static func size(ofHDF5 path: String) -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var (facts, head) = (stat(), [UInt8](repeating: 0, count: 8))
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
            pread(descriptor, &head, 8, 0) == 8, head == [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
        else { return nil }
        return Int(facts.st_size)
    }

    private static func type(of dataset: Int64) -> PixelType? {
        let type = H5Dget_type(dataset)
        guard type >= 0 else { return nil }
        defer { H5Tclose(type) }
        let bytes = H5Tget_size(type)
        guard bytes == 1 || H5Tget_order(type) == H5T_ORDER_LE else { return nil }
        let isSigned = H5Tget_sign(type) == H5T_SGN_2
        switch (H5Tget_class(type), bytes) {
        case (H5T_INTEGER, 1): return isSigned ? .int8 : .uint8
        case (H5T_INTEGER, 2): return isSigned ? .int16 : .uint16
        case (H5T_INTEGER, 4): return isSigned ? .int32 : .uint32
        case (H5T_FLOAT, 4): return .float32
        case (H5T_FLOAT, 8): return .float64
        default: return nil
        }
    }

    private static func layout(of dataset: Int64) -> (shape: [Int], chunk: [Int])? {
        let space = H5Dget_space(dataset)
        let list = H5Dget_create_plist(dataset)
        defer {
            if space >= 0 { H5Sclose(space) }
            if list >= 0 { H5Pclose(list) }
        }
        guard space >= 0, list >= 0, H5Pget_layout(list) == H5D_CHUNKED else { return nil }
        let rank = H5Sget_simple_extent_ndims(space)
        guard (2...8).contains(rank) else { return nil }
        var shape = [hsize_t](repeating: 0, count: Int(rank))
        var chunk = shape
        guard H5Sget_simple_extent_dims(space, &shape, nil) == rank, H5Pget_chunk(list, rank, &chunk) == rank else {
            return nil
        }
        return (shape.map { Int(clamping: $0) }, chunk.map { Int(clamping: $0) })
    }
}
