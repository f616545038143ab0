import Geo

extension Expression.Function {
    /// The function of neighbouring pixels over a whole grid.
    ///
    /// - Parameters:
    ///   - plane: Row by row.
    ///   - arguments: The plain numbers after the first argument.
    ///   - block: Says how wide the grid is, and how large its pixels are.
    /// - Returns: As many values; NaN where a neighbour is missing (terrain) or all are (focal).
    func applyToNeighbours(_ plane: [Float], _ arguments: [Float], _ block: RecipeBlock) -> [Float] {
        let terrain = Terrain(elevation: plane, width: block.width, height: block.height, cell: block.cellSize)
        switch self {
        case .slope: return terrain.slope()
        case .aspect: return terrain.aspect()
        case .northness: return terrain.northness()
        case .eastness: return terrain.eastness()
        case .roughness: return terrain.roughness()
        case .tri: return terrain.ruggedness()
        case .tpi: return terrain.position()
        case .illumination:
            return terrain.illumination(zenith: Double(arguments[0]), azimuth: Double(arguments[1]))
        default:
            return focal(plane, radius: Int(arguments[0]), width: block.width, height: block.height)
        }
    }

    /// The mean, least or largest value of the square around each pixel; missing ones are left out.
    private func focal(_ plane: [Float], radius: Int, width: Int, height: Int) -> [Float] {
        var result = [Float](repeating: .nan, count: plane.count)
        for row in 0..<height {
            for column in 0..<width {
                var (sum, count, low, high) = (0.0, 0.0, Float.infinity, -Float.infinity)
                for y in Swift.max(0, row - radius)...Swift.min(height - 1, row + radius) {
                    for x in Swift.max(0, column - radius)...Swift.min(width - 1, column + radius) {
                        let value = plane[y * width + x]
                        guard !value.isNaN else { continue }
                        sum += Double(value)
                        count += 1
                        (low, high) = (Swift.min(low, value), Swift.max(high, value))
                    }
                }
                guard count > 0 else { continue }
                result[row * width + column] =
                    self == .focalMin ? low : self == .focalMax ? high : Float(sum / count)
            }
        }
        return result
    }
}
