import CGDAL
import Foundation

/// The first directory of tags of a little-endian TIFF or BigTIFF file.
struct TIFFDirectory {
    /// One tag: its type by TIFF's number, how many values, and their bytes.
    struct Entry {
        let type: UInt16
        let count: Int
        let bytes: [UInt8]
    }

    let entries: [UInt16: Entry]
    /// Of the whole file in bytes.
    let fileSize: Int

    /// Nil where the bytes are no such file, or its directory is cut short or makes no sense.
    ///
    /// - `size`: Of the whole file in bytes.
    /// - `read`: Bytes from an offset on; nil where the file has not so many.
    init?(size: Int, read: (_ offset: Int, _ count: Int) -> [UInt8]?) {
        guard let header = read(0, 16) ?? read(0, 8), header[0] == 0x49, header[1] == 0x49 else { return nil }
        let isBig = Self.number(header, 2, 2) == 43
        guard isBig ? header.count == 16 : Self.number(header, 2, 2) == 42 else { return nil }
        let start = isBig ? Self.number(header, 8, 8) : Self.number(header, 4, 4)
        let (countBytes, entryBytes, valueBytes) = isBig ? (8, 20, 8) : (2, 12, 4)
        guard start > 0, start < size, let head = read(start, countBytes) else { return nil }
        let tagCount = Self.number(head, 0, countBytes)
        guard (1...4096).contains(tagCount), let table = read(start + countBytes, tagCount * entryBytes) else {
            return nil
        }
        var entries: [UInt16: Entry] = [:]
        for index in 0..<tagCount {
            let base = index * entryBytes
            let type = UInt16(Self.number(table, base + 2, 2))
            let count = Self.number(table, base + 4, entryBytes == 20 ? 8 : 4)
            guard let unit = Self.byteCount(ofType: type), count >= 0, count <= size else { continue }
            let place = base + entryBytes - valueBytes
            let bytes: [UInt8]
            if count * unit <= valueBytes {
                bytes = Array(table[place..<place + count * unit])
            } else {
                guard let far = read(Self.number(table, place, valueBytes), count * unit) else { return nil }
                bytes = far
            }
            entries[UInt16(Self.number(table, base, 2))] = Entry(type: type, count: count, bytes: bytes)
        }
        (self.entries, fileSize) = (entries, size)
    }

    /// Of a file on disk.
    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // Not by fstat: which C module owns its structure depends on what else a build imports.
        let size = Int(lseek(descriptor, 0, SEEK_END))
        guard size > 0 else { return nil }
        self.init(size: size) { offset, count in
            guard offset >= 0, count >= 0, count <= size, offset <= size - count else { return nil }
            var bytes = [UInt8](repeating: 0, count: count)
            return pread(descriptor, &bytes, count, off_t(offset)) == count ? bytes : nil
        }
    }

    /// The whole numbers of a tag, nil where there is no such tag.
    func numbers(_ tag: UInt16) -> [Int]? {
        guard let entry = entries[tag], [1, 3, 4, 13, 16].contains(entry.type),
            let unit = Self.byteCount(ofType: entry.type)
        else { return nil }
        return (0..<entry.count).map { Self.number(entry.bytes, $0 * unit, unit) }
    }

    /// The first whole number of a tag, `standard` where there is no such tag.
    func number(_ tag: UInt16, otherwise standard: Int) -> Int { numbers(tag)?.first ?? standard }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
        let value = (0..<count).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        return Int(truncatingIfNeeded: value)
    }

    static func byteCount(ofType type: UInt16) -> Int? {
        switch type {
        case 1, 2, 6, 7: 1
        case 3, 8: 2
        case 4, 9, 11, 13: 4
        case 5, 10, 12, 16, 17, 18: 8
        default: nil
        }
    }
}

/// The tags that are read or written here.
enum TIFFTag {
    static let subfileType: UInt16 = 254, width: UInt16 = 256, height: UInt16 = 257, bitsPerSample: UInt16 = 258
    static let compression: UInt16 = 259, photometric: UInt16 = 262, fillOrder: UInt16 = 266
    static let stripOffsets: UInt16 = 273, samplesPerPixel: UInt16 = 277, rowsPerStrip: UInt16 = 278
    static let stripByteCounts: UInt16 = 279, planarConfiguration: UInt16 = 284, predictor: UInt16 = 317
    static let tileWidth: UInt16 = 322, tileHeight: UInt16 = 323, tileOffsets: UInt16 = 324
    static let tileByteCounts: UInt16 = 325, extraSamples: UInt16 = 338, sampleFormat: UInt16 = 339
    /// Georeferencing and GDAL's own: copied as GDAL writes them.
    static let geographic: [UInt16] = [33550, 33922, 34264, 34735, 34736, 34737]
    static let gdalMetadata: UInt16 = 42112, gdalNodata: UInt16 = 42113
}
