import CGDAL
import Foundation

extension RasterFile {
    /// True unless the file is a GeoTIFF that is shorter than its own table of blocks says.
    ///
    /// Reads the table only, of full resolution: in cloud-optimised files that comes last, after the overviews.
    public var holdsAllBlocks: Bool {
        guard driverName == "GTiff" || driverName == "COG" else { return true }
        guard let fileSize = (try? FileManager.default.attributesOfItem(atPath: name))?[.size] as? Int else {
            return true
        }
        for band in 1...max(bandCount, 1) {
            let (blockWidth, blockHeight) = blockSize(band: band)
            guard blockWidth > 0, blockHeight > 0 else { continue }
            for row in 0..<(height + blockHeight - 1) / blockHeight {
                for column in 0..<(width + blockWidth - 1) / blockWidth {
                    // Blocks that nobody wrote have no entry.
                    guard let offset = fact("BLOCK_OFFSET_\(column)_\(row)", band: band),
                        let size = fact("BLOCK_SIZE_\(column)_\(row)", band: band)
                    else { continue }
                    if offset + size > fileSize { return false }
                }
            }
        }
        return true
    }

    private func fact(_ name: String, band: Int) -> Int? {
        metadata(name, domain: "TIFF", band: band).flatMap { Int($0) }
    }
}
