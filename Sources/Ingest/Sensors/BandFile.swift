import Foundation
import Geo
import Raster

/// The facts of a band file.
struct BandFile: Sendable {
    let path: String
    /// 0 where the file was not opened.
    let width: Int, height: Int
    /// The file's own grid, nil where it has none or was not opened.
    let geoBox: GeoBox?
    /// Empty where the file was not opened.
    let driverName: String
    /// What the file declares for its first band.
    let nodata: Double?
    let bandCount: Int
    let pixelType: PixelType?

    /// Opens a file and, where all is to be checked, makes sure that it is complete.
    ///
    /// A JPEG 2000 stream must reach its end marker, of others the last pixel is read. The files are told apart by their content; endings do not count.
    init(checking path: String, _ check: SceneOptions.Check = .full) throws {
        let missing = SceneError(path, "is missing", hint: "Fetch the scene again, with all its bands.")
        let damaged = "The download may have been cut off: fetch the file again."
        if check == .full {
            guard VirtualFolder.kind(path) != nil else { throw missing }
            if let fault = try JPEG2000Stream.fault(of: path) { throw SceneError(path, fault, hint: damaged) }
        }
        let isComplete: Bool
        do {
            let file = try RasterFile(opening: path)
            (width, height, geoBox, driverName) = (file.width, file.height, file.geoBox, file.driverName)
            (nodata, bandCount, pixelType) = (file.nodata(band: 1), file.bandCount, file.pixelType(band: 1))
            isComplete = check == .none || file.holdsAllBlocks
            if check == .full, !driverName.hasPrefix("JP2") {
                let last = PixelWindow(column: file.width - 1, row: file.height - 1, width: 1, height: 1)
                for band in 1...max(file.bandCount, 1) { _ = try file.read(Float.self, band: band, window: last) }
            }
        } catch {
            guard VirtualFolder.kind(path) != nil else { throw missing }
            throw SceneError(path, "cannot be read (\(error.messages.joined(separator: "; ")))", hint: damaged)
        }
        guard isComplete else { throw SceneError(path, "is cut off: blocks lie behind its end", hint: damaged) }
        self.path = path
    }

    /// A file whose grid the metadata tell: opened where all is to be checked, else only looked for.
    ///
    /// - `isThere`: Whether the file is known to be there.
    init(_ path: String, _ check: SceneOptions.Check, grid: GeoBox, isThere: Bool = false) throws {
        guard check == .none else {
            try self.init(checking: path)
            return
        }
        guard isThere || VirtualFolder.kind(path) != nil else {
            throw SceneError(path, "is missing", hint: "Fetch the scene again, with all its bands.")
        }
        self.init(unopened: path, grid: grid, driverName: path.lowercased().hasSuffix(".jp2") ? "JP2" : "")
    }

    private init(unopened path: String, grid: GeoBox, driverName: String) {
        (self.path, width, height, geoBox) = (path, grid.width, grid.height, grid)
        (self.driverName, nodata, bandCount, pixelType) = (driverName, nil, 1, nil)
    }

    /// The grid of the file, or an error that says that it has none.
    func grid() throws -> GeoBox {
        guard let geoBox else {
            throw SceneError(path, "has no georeferencing", hint: "Make or fetch it again, with its coordinate system.")
        }
        return geoBox
    }

    /// What EO3 calls the format.
    var format: String {
        switch driverName {
        case let name where name.hasPrefix("JP2"): "JPEG2000"
        case "GTiff", "COG", "": "GeoTIFF"
        case "netCDF": "NetCDF"
        default: driverName
        }
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
        guard let file = VirtualBytes(path) else {
            throw SceneError(path, "cannot be opened", hint: "Check the rights of the file.")
        }
        let size = file.size
        guard size > 12 else { return size == 0 ? "is empty" : nil }
        let head = file.bytes(at: 0, count: 12)
        if head.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return endFault(file, end: size) }
        guard head.starts(with: [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20]) else { return nil }
        var offset: UInt64 = 0
        while offset + 8 <= size {
            let box = file.bytes(at: offset, count: 16)
            guard box.count >= 8 else { return "has a broken box at byte \(offset)" }
            var length = number(box.prefix(4))
            if length == 1, box.count == 16 { length = number(box[8..<16]) }
            let (end, overflow) = length == 0 ? (size, false) : offset.addingReportingOverflow(length)
            guard !overflow else { return "has a broken box at byte \(offset)" }
            if box[4..<8].elementsEqual("jp2c".utf8) { return endFault(file, end: end) }
            guard end > offset else { return "has a broken box at byte \(offset)" }
            offset = end
        }
        return "is cut off: it ends at byte \(size), before its code stream"
    }

    /// The code stream has to end with the marker EOC, FF D9.
    private static func endFault(_ file: borrowing VirtualBytes, end: UInt64) -> String? {
        guard end <= file.size else { return "is cut off: it has \(file.size) bytes where its header says \(end)" }
        guard end >= 2 else { return "is cut off: its code stream has no end marker" }
        let tail = file.bytes(at: end - 2, count: 2)
        return tail.elementsEqual([0xFF, 0xD9]) ? nil : "is cut off: its code stream has no end marker"
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
