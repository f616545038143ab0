import Foundation

/// Lays out the directories of a TIFF or BigTIFF file.
struct TIFFEncoder {
    /// The values of one tag.
    enum Values {
        case short([Int])
        case long([Int])
        /// Offsets and sizes: 4 bytes in a classic file, 8 in a BigTIFF.
        case offsets([Int])
        case raw(type: UInt16, count: Int, bytes: [UInt8])

        fileprivate func encoded(isBig: Bool) -> (type: UInt16, count: Int, bytes: [UInt8]) {
            switch self {
            case .short(let values): (3, values.count, values.flatMap { little($0, 2) })
            case .long(let values): (4, values.count, values.flatMap { little($0, 4) })
            case .offsets(let values):
                (isBig ? 16 : 4, values.count, values.flatMap { little($0, isBig ? 8 : 4) })
            case .raw(let type, let count, let bytes): (type, count, bytes)
            }
        }
    }

    let isBig: Bool

    /// What GDAL looks for to know that all directories lie before all pixels, and how blocks are framed.
    private static let ghost: [UInt8] = {
        let text =
            "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
            + "BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
        let size = String(repeating: "0", count: 6 - "\(text.utf8.count)".count) + "\(text.utf8.count)"
        return Array("GDAL_STRUCTURAL_METADATA_SIZE=\(size) bytes\n\(text)".utf8)
    }()

    /// The beginning of a file: header, what marks a cloud-optimised file, and all directories, one behind the other.
    func head(_ directories: [[(tag: UInt16, values: Values)]]) -> [UInt8] {
        let start = isBig ? 16 : 8
        var place = start + Self.ghost.count
        place += place % 2
        var bytes: [UInt8] = isBig ? [0x49, 0x49, 43, 0, 8, 0, 0, 0] : [0x49, 0x49, 42, 0]
        bytes += little(place, isBig ? 8 : 4) + Self.ghost
        bytes += [UInt8](repeating: 0, count: place - bytes.count)
        for (index, entries) in directories.enumerated() {
            let table = entries.map { (tag: $0.tag, $0.values.encoded(isBig: isBig)) }.sorted { $0.tag < $1.tag }
            let inline = isBig ? 8 : 4
            let size = isBig ? 8 + 20 * table.count + 8 : 2 + 12 * table.count + 4
            var far: [UInt8] = []
            var own = little(table.count, isBig ? 8 : 2)
            for (tag, (type, count, values)) in table {
                own += little(Int(tag), 2) + little(Int(type), 2) + little(count, isBig ? 8 : 4)
                if values.count <= inline {
                    own += values + [UInt8](repeating: 0, count: inline - values.count)
                } else {
                    own += little(place + size + far.count, inline)
                    far += values
                    if far.count % 2 == 1 { far.append(0) }
                }
            }
            let next = place + size + far.count
            own += little(index + 1 < directories.count ? next : 0, isBig ? 8 : 4)
            bytes += own + far
            place = next
        }
        return bytes
    }
}

/// The bytes of a number, the lowest first.
func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
