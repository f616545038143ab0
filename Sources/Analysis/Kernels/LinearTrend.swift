import Foundation

/// A straight line through the values of each pixel over time, by least squares.
///
/// Equal to `scipy.stats.linregress`: at least two values at different times, three for the p-value.
struct LinearTrend {
    /// Per year of 365.25 days.
    var slopes: [Double]
    /// The line's value at time 0.
    var intercepts: [Double]
    var rSquared: [Double]
    /// Two-sided, of the hypothesis that the slope is 0.
    var pValues: [Double]
    var counts: [Double]

    /// - Parameters:
    ///   - formula: The values.
    ///   - dates: The numbers of the dates that take part.
    ///   - years: Time of each of these dates.
    ///   - wantsTest: Computes p-values, which are costly.
    init(_ formula: FormulaSource, dates: [Int], years: [Double], lanes: Int, wantsTest: Bool) {
        let nothing = [Double](repeating: .nan, count: formula.pixelCount)
        (slopes, intercepts, rSquared, pValues, counts) = (nothing, nothing, nothing, nothing, nothing)
        // Times from the middle and values from the first one keep their digits.
        let middle = years.isEmpty ? 0 : years.reduce(0, +) / Double(years.count)
        for first in stride(from: 0, to: formula.pixelCount, by: lanes) {
            let count = min(lanes, formula.pixelCount - first)
            var sums = [RegressionSums](repeating: RegressionSums(), count: count)
            for (number, date) in dates.enumerated() {
                formula.evaluate(date: date, first: first, count: count)
                let row = formula.result(0)
                for lane in 0..<count where abs(row[lane]) < .infinity {
                    sums[lane].add(x: years[number] - middle, y: Double(row[lane]))
                }
            }
            for lane in 0..<count {
                counts[first + lane] = sums[lane].n
                guard let line = sums[lane].line else { continue }
                slopes[first + lane] = line.slope
                intercepts[first + lane] = line.level - line.slope * middle
                rSquared[first + lane] = line.rSquared
                if wantsTest { pValues[first + lane] = line.pValue(count: sums[lane].n) }
            }
        }
    }
}

/// Sums for a regression, with the means moving along (Welford).
private struct RegressionSums {
    var n = 0.0, meanX = 0.0, meanY = 0.0, xx = 0.0, xy = 0.0, yy = 0.0

    mutating func add(x: Double, y: Double) {
        n += 1
        let (dx, dy) = (x - meanX, y - meanY)
        meanX += dx / n
        meanY += dy / n
        xx += dx * (x - meanX)
        xy += dx * (y - meanY)
        yy += dy * (y - meanY)
    }

    struct Line {
        let slope: Double, level: Double, rSquared: Double

        func pValue(count: Double) -> Double {
            guard count > 2 else { return .nan }
            if rSquared >= 1 { return 0 }
            return studentTwoSided(t: (rSquared * (count - 2) / (1 - rSquared)).squareRoot(), degrees: count - 2)
        }
    }

    /// The line at times from the middle; nil for less than two values at different times.
    var line: Line? {
        guard n >= 2, xx > 0 else { return nil }
        let slope = xy / xx
        return Line(slope: slope, level: meanY - slope * meanX, rSquared: yy > 0 ? min(1, xy * xy / (xx * yy)) : 0)
    }
}

/// The chance that Student's t with some degrees of freedom lies as far from 0 as `t`, or farther.
///
/// Source: Abramowitz and Stegun 26.7.1 by the regularised incomplete beta function, its continued fraction 26.5.8 by
/// Lentz' method.
func studentTwoSided(t: Double, degrees: Double) -> Double {
    incompleteBeta(a: degrees / 2, b: 0.5, x: degrees / (degrees + t * t))
}

private func incompleteBeta(a: Double, b: Double, x: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    let scale: Double = lgamma(a + b) - lgamma(a) - lgamma(b)
    let front: Double = exp(scale + a * log(x) + b * log(1 - x))
    if x < (a + 1) / (a + b + 2) { return front * betaFraction(a, b, x) / a }
    return 1 - front * betaFraction(b, a, 1 - x) / b
}

private func betaFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let tiny = 1e-300
    var c = 1.0
    var d = 1 - (a + b) * x / (a + 1)
    d = 1 / (abs(d) < tiny ? tiny : d)
    var fraction = d
    for step in 1...300 {
        let m = Double(step)
        let (twice, sum): (Double, Double) = (a + 2 * m, a + m)
        let even: Double = m * (b - m) * x / ((twice - 1) * twice)
        let odd: Double = -sum * (sum + b) * x / (twice * (twice + 1))
        for numerator in [even, odd] {
            d = 1 + numerator * d
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = 1 + numerator / c
            if abs(c) < tiny { c = tiny }
            fraction *= c * d
        }
        if abs(c * d - 1) < 1e-15 { break }
    }
    return fraction
}
