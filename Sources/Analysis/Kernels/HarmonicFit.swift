import Foundation

/// Waves of one year and its parts through the values of each pixel, by least squares:
/// `mean + sum over k of cos_k · cos(2πkt) + sin_k · sin(2πkt)`, t in years of 365.25 days since 1970.
struct HarmonicFit {
    /// mean, cos 1, sin 1, cos 2, sin 2 …; NaN where a pixel has fewer values than coefficients.
    var coefficients: [[Double]]
    /// Root of the mean squared residual.
    var rmse: [Double]
    var counts: [Double]

    init(_ formula: FormulaSource, dates: [Int], days: [Double], order: Int, lanes: Int) {
        let size = 1 + 2 * order
        let nothing = [Double](repeating: .nan, count: formula.pixelCount)
        coefficients = [[Double]](repeating: nothing, count: size)
        (rmse, counts) = (nothing, nothing)
        let basis = days.map { day in
            (0..<size).map { index in
                let angle = 2 * Double.pi * Double((index + 1) / 2) * day / 365.25
                return index == 0 ? 1 : index % 2 == 1 ? cos(angle) : sin(angle)
            }
        }
        var equations = NormalEquations(size: size)
        var observations: [(date: Int, value: Double)] = []
        var run = [Float](repeating: 0, count: lanes * dates.count)
        for first in stride(from: 0, to: formula.pixelCount, by: lanes) {
            let count = min(lanes, formula.pixelCount - first)
            for (number, date) in dates.enumerated() {
                formula.evaluate(date: date, first: first, count: count)
                let row = formula.result(0)
                for lane in 0..<count { run[lane * dates.count + number] = row[lane] }
            }
            for lane in 0..<count {
                observations.removeAll(keepingCapacity: true)
                equations.clear()
                for number in dates.indices {
                    let value = run[lane * dates.count + number]
                    guard abs(value) < .infinity else { continue }
                    observations.append((number, Double(value)))
                    equations.add(basis[number], Double(value))
                }
                counts[first + lane] = Double(observations.count)
                guard observations.count >= size, let solution = equations.solve() else { continue }
                var squares = 0.0
                for (number, value) in observations {
                    var rest = value
                    for index in 0..<size { rest -= solution[index] * basis[number][index] }
                    squares += rest * rest
                }
                for index in 0..<size { coefficients[index][first + lane] = solution[index] }
                rmse[first + lane] = (squares / Double(observations.count)).squareRoot()
            }
        }
    }
}

/// A symmetric system of a few equations, solved by Cholesky's decomposition.
private struct NormalEquations {
    private let size: Int
    private var matrix: [Double]
    private var right: [Double]

    init(size: Int) {
        self.size = size
        matrix = [Double](repeating: 0, count: size * size)
        right = [Double](repeating: 0, count: size)
    }

    mutating func clear() {
        for index in matrix.indices { matrix[index] = 0 }
        for index in right.indices { right[index] = 0 }
    }

    mutating func add(_ row: [Double], _ value: Double) {
        for i in 0..<size {
            for j in 0...i { matrix[i * size + j] += row[i] * row[j] }
            right[i] += row[i] * value
        }
    }

    /// Nil where the observations do not determine every coefficient.
    mutating func solve() -> [Double]? {
        for i in 0..<size {
            for j in 0...i {
                var sum = matrix[i * size + j]
                for k in 0..<j { sum -= matrix[i * size + k] * matrix[j * size + k] }
                if i != j {
                    matrix[i * size + j] = sum / matrix[j * size + j]
                } else {
                    guard sum > 1e-9 * matrix[0] else { return nil }
                    matrix[i * size + i] = sum.squareRoot()
                }
            }
        }
        var solution = right
        for i in 0..<size {
            for k in 0..<i { solution[i] -= matrix[i * size + k] * solution[k] }
            solution[i] /= matrix[i * size + i]
        }
        for i in (0..<size).reversed() {
            for k in i + 1..<max(size, i + 1) { solution[i] -= matrix[k * size + i] * solution[k] }
            solution[i] /= matrix[i * size + i]
        }
        return solution
    }
}

/// The angle, in radians, at which a wave of these coefficients is highest.
func phase(_ cosine: Double, _ sine: Double) -> Double { atan2(sine, cosine) }
