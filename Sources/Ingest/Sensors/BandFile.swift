import Foundation
import Geo
import Raster

/// The facts of a band file that was found to be whole.
struct BandFile: Sendable {
    let path: String
    let width: Int, height: Int
    /// The file's own grid, nil where it has none.
    let geoBox: GeoBox?
    let driverName: String

    /// Opens a file and makes sure that it is complete.
    ///
    /// A JPEG 2000 stream must reach its end marker, of others the last pixel is read. The files are told apart by their content; endings do not count.
    init(checking path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw SceneError(path, "is missing", hint: "Fetch the scene again, with all its bands.")
        }
        let damaged = "The download may have been cut off: fetch the file again."
        if let fault = try JPEG2000Stream.fault(of: path) { throw SceneError(path, fault, hint: damaged) }
        let isComplete: Bool
        do {
            let file = try RasterFile(opening: path)
            (width, height, geoBox, driverName) = (file.width, file.height, file.geoBox, file.driverName)
            isComplete = file.holdsAllBlocks
            let isJPEG = driverName.hasPrefix("JP2")
            if !isJPEG {
                let last = PixelWindow(column: file.width - 1, row: file.height - 1, width: 1, height: 1)
                for band in 1...max(file.bandCount, 1) { _ = try file.read(Float.self, band: band, window: last) }
            }
        } catch {
            throw SceneError(path, "cannot be read (\(error.messages.joined(separator: "; ")))", hint: damaged)
        }
        guard isComplete else { throw SceneError(path, "is cut off: blocks lie behind its end", hint: damaged) }
        self.path = path
    }

    /// Fails unless the file has the size that the metadata say.
    func require(width: Int, height: Int, source: String) throws {
        guard self.width != width || self.height != height else { return }
        throw SceneError(
            path,
            "has \(self.width) x \(self.height) pixels where \(source) says \(width) x \(height)",
            hint: "Fetch the scene again: its files do not belong together."
        )
    }
}

/// The outer structure of JPEG 2000 files (ISO 15444-1: boxes in annex I, code stream markers in annex A).
enum JPEG2000Stream {
    /// Why the code stream of a file is not whole, nil where it is, or where the file is no JPEG 2000.
    static func fault(of path: String) throws -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw SceneError(path, "cannot be opened", hint: "Check the rights of the file.")
        }
        defer { try? file.close() }
        let size = try file.seekToEnd()
        guard size > 12 else { return size == 0 ? "is empty" : nil }
        let head = try bytes(file, at: 0, count: 12)
        if head.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return try endFault(file, end: size, size: size) }
        guard head.starts(with: [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20]) else { return nil }
        var offset: UInt64 = 0
        while offset + 8 <= size {
            let box = try bytes(file, at: offset, count: 16)
            var length = number(box.prefix(4))
            if length == 1, box.count == 16 { length = number(box[8..<16]) }
            let end = length == 0 ? size : offset + length
            if box[4..<8].elementsEqual("jp2c".utf8) { return try endFault(file, end: end, size: size) }
            guard end > offset else { return "has a broken box at byte \(offset)" }
            offset = end
        }
        return "is cut off: it ends at byte \(size), before its code stream"
    }

    /// The code stream has to end with the marker EOC, FF D9.
    private static func endFault(_ file: FileHandle, end: UInt64, size: UInt64) throws -> String? {
        guard end <= size else { return "is cut off: it has \(size) bytes where its header says \(end)" }
        let tail = try bytes(file, at: end - 2, count: 2)
        return tail.elementsEqual([0xFF, 0xD9]) ? nil : "is cut off: its code stream has no end marker"
    }

    private static func bytes(_ file: FileHandle, at offset: UInt64, count: Int) throws -> [UInt8] {
        try file.seek(toOffset: offset)
        return Array(try file.read(upToCount: count) ?? Data())
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
