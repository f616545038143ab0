import Foundation

extension Expression {
    /// The formula for every pixel at once.
    ///
    /// NaN marks nodata: it stays NaN through every operation. A result that is not finite, as of a division by 0 or a
    /// logarithm of a negative number, is NaN too. Functions of neighbouring pixels are not known here.
    ///
    /// - Parameters:
    ///   - count: Pixels of each array.
    ///   - value: The pixels of a name that the formula uses.
    /// - Returns: `count` values.
    public func evaluate(count: Int, _ value: (String) -> [Float]) -> [Float] {
        let program = ExpressionProgram([self])
        let planes = program.names.map(value)
        for (name, plane) in zip(program.names, planes) {
            precondition(plane.count == count, "as many pixels of '\(name)' as of the block")
        }
        var result = [Float](repeating: .nan, count: count)
        let lanes = 256
        program.withRegisters(lanes: lanes) { registers in
            for first in stride(from: 0, to: count, by: lanes) {
                let length = Swift.min(lanes, count - first)
                for (number, plane) in planes.enumerated() {
                    let row = registers.input(number)
                    plane.withUnsafeBufferPointer { plane in
                        for lane in 0..<length { row[lane] = plane[first + lane] }
                    }
                }
                program.run(registers, count: length)
                let row = registers.result(0)
                for lane in 0..<length { result[first + lane] = abs(row[lane]) < .infinity ? row[lane] : .nan }
            }
        }
        return result
    }
}
