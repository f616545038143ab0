import Foundation

/// What the colours of a picture of coverage mean: a strip with a bar from none to the most, and numbers below it.
struct CoverageLegend {
    /// The most clear observations of a footprint.
    let most: Double
    /// Pixels of the picture for one of a letter.
    let scale: Int

    /// - `size`: Pixels of the picture's longer side.
    init(most: Double, size: Int) { (self.most, scale) = (most, max(1, size / 512)) }

    /// Pixels of the strip.
    var height: Int { 38 * scale }
    /// The narrowest picture that takes it.
    var width: Int { (Self.barWidth + 2 * Self.margin) * scale }

    private static let (barWidth, margin) = (160, 12)
    private static let title = "CLEAR OBSERVATIONS"

    /// Red, green and blue of a share of the most, from 0 to 1.
    static func colour(_ share: Double) -> [UInt8] {
        [UInt8(min(1, 2 - 2 * share) * 215), UInt8(min(1, 2 * share) * 190), 40]
    }

    /// Draws the strip.
    ///
    /// - Parameters:
    ///   - planes: Red, green, blue and opacity of the picture, row-major.
    ///   - width: Columns of the picture.
    ///   - top: Its first row.
    func draw(into planes: inout [[UInt8]], width: Int, top: Int) {
        func paint(_ column: Int, _ row: Int, _ colour: [UInt8]) {
            for y in 0..<scale {
                for x in 0..<scale {
                    let pixel = (top + row * scale + y) * width + column * scale + x
                    for (plane, value) in zip(0..., colour + [255]) { planes[plane][pixel] = value }
                }
            }
        }
        for row in 0..<38 { for column in 0..<(width / scale) { paint(column, row, [255, 255, 255]) } }
        func write(_ text: String, _ column: Int, _ row: Int) {
            for (place, letter) in text.enumerated() {
                for (y, bits) in (Self.letters[letter] ?? []).enumerated() {
                    for x in 0..<5 where bits & (16 >> x) != 0 { paint(column + place * 6 + x, row + y, [0, 0, 0]) }
                }
            }
        }
        write(Self.title, Self.margin, 3)
        for column in 0..<Self.barWidth {
            let colour = Self.colour(Double(column) / Double(Self.barWidth - 1))
            for row in 13..<22 { paint(Self.margin + column, row, colour) }
        }
        for mark in marks {
            let column = Self.margin + Int((mark / most * Double(Self.barWidth - 1)).rounded())
            for row in 22..<25 { paint(column, row, [0, 0, 0]) }
            let text = Self.number(mark)
            write(text, max(0, min(column - text.count * 3, Self.barWidth + 2 * Self.margin - text.count * 6)), 27)
        }
    }

    /// Round numbers from none to the most, some four of them.
    var marks: [Double] {
        guard most > 0 else { return [0] }
        let power = pow(10, (log10(most / 4)).rounded(.down))
        let step = [1, 2, 5, 10].map { $0 * power }.first { most / $0 <= 5 } ?? most
        return (0...Int(most / step)).map { Double($0) * step }
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(format: "%.3g", value)
    }

    /// Seven rows of five pixels, the leftmost in the highest bit.
    private static let letters: [Character: [UInt8]] = [
        "0": [14, 17, 19, 21, 25, 17, 14], "1": [4, 12, 4, 4, 4, 4, 14], "2": [14, 17, 1, 2, 4, 8, 31],
        "3": [31, 2, 4, 2, 1, 17, 14], "4": [2, 6, 10, 18, 31, 2, 2], "5": [31, 16, 30, 1, 1, 17, 14],
        "6": [6, 8, 16, 30, 17, 17, 14], "7": [31, 1, 2, 4, 8, 8, 8], "8": [14, 17, 17, 14, 17, 17, 14],
        "9": [14, 17, 17, 15, 1, 2, 12], ".": [0, 0, 0, 0, 0, 12, 12], "e": [0, 0, 14, 17, 31, 16, 14],
        "-": [0, 0, 0, 31, 0, 0, 0], "+": [0, 4, 4, 31, 4, 4, 0], "A": [14, 17, 17, 31, 17, 17, 17],
        "B": [30, 17, 17, 30, 17, 17, 30], "C": [14, 17, 16, 16, 16, 17, 14], "E": [31, 16, 16, 30, 16, 16, 31],
        "I": [14, 4, 4, 4, 4, 4, 14], "L": [16, 16, 16, 16, 16, 16, 31], "N": [17, 17, 25, 21, 19, 17, 17],
        "O": [14, 17, 17, 17, 17, 17, 14], "R": [30, 17, 17, 30, 20, 18, 17], "S": [15, 16, 16, 14, 1, 1, 30],
        "T": [31, 4, 4, 4, 4, 4, 4], "V": [17, 17, 17, 17, 17, 10, 4],
    ]
}
