/// A step that grows or shrinks the pixels that a mask drops, clouds for instance.
public struct MaskStep: Hashable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Drops whatever lies within the radius of a dropped pixel.
        case dilate
        /// Keeps whatever lies within the radius of a kept pixel.
        case erode
        /// Erodes, then dilates: single dropped pixels and thin lines, such as roofs and beaches, are kept.
        case opening
        /// Dilates, then erodes: small holes in what is dropped are dropped too.
        case closing
    }

    public let kind: Kind
    /// Of a disk, in pixels: offsets with `x² + y² <= radius²`.
    public let radius: Int

    public init(_ kind: Kind, radius: Int) { (self.kind, self.radius) = (kind, radius) }

    /// How many pixels away lies what the result depends on.
    public var halo: Int { kind == .opening || kind == .closing ? 2 * radius : radius }
}

/// True and false over a grid, row by row.
public struct PixelMask: Hashable, Sendable {
    public let width: Int
    public let height: Int
    public var values: [Bool]

    public init(width: Int, height: Int, values: [Bool]) {
        precondition(values.count == width * height)
        (self.width, self.height, self.values) = (width, height, values)
    }

    /// The mask after some steps.
    ///
    /// What lies outside of the grid has no influence, nor has what is not known: clouds neither grow from there nor shrink
    /// at the edge of a scene.
    ///
    /// - `known`: Where the mask says something; nil for everywhere. Elsewhere the result is false.
    public func applying(_ steps: [MaskStep], known: [Bool]? = nil) -> PixelMask {
        let known = known?.contains(false) == true ? known : nil
        func set(_ mask: PixelMask, _ value: Bool) -> PixelMask {
            guard let known else { return mask }
            var mask = mask
            for pixel in known.indices where !known[pixel] { mask.values[pixel] = value }
            return mask
        }
        func dilated(_ mask: PixelMask, _ radius: Int) -> PixelMask { set(mask, false).dilated(by: radius) }
        func eroded(_ mask: PixelMask, _ radius: Int) -> PixelMask { set(mask, true).eroded(by: radius) }
        let result = steps.reduce(self) { mask, step in
            switch step.kind {
            case .dilate: dilated(mask, step.radius)
            case .erode: eroded(mask, step.radius)
            case .opening: dilated(eroded(mask, step.radius), step.radius)
            case .closing: eroded(dilated(mask, step.radius), step.radius)
            }
        }
        return set(result, false)
    }

    /// True where any pixel of the disk is.
    public func dilated(by radius: Int) -> PixelMask { spread(true, radius) }

    /// True where every pixel of the disk is.
    public func eroded(by radius: Int) -> PixelMask { spread(false, radius) }

    /// Spreads `value` over disks around each of its pixels: for each row offset the runs, by a running count.
    private func spread(_ value: Bool, _ radius: Int) -> PixelMask {
        guard radius > 0, values.contains(value) else { return self }
        var result = values
        // Of every pixel the distance along its row to the nearest of the value.
        let far = width + height
        var distances = [Int](repeating: far, count: values.count)
        for row in 0..<height {
            var distance = far
            for column in 0..<width {
                distance = values[row * width + column] == value ? 0 : distance + 1
                distances[row * width + column] = distance
            }
            distance = far
            for column in (0..<width).reversed() {
                distance = values[row * width + column] == value ? 0 : distance + 1
                distances[row * width + column] = min(distances[row * width + column], distance)
            }
        }
        for offset in -radius...radius {
            let reach = Int(Double(radius * radius - offset * offset).squareRoot())
            for row in max(0, -offset)..<max(max(0, -offset), min(height, height - offset)) {
                let (from, to) = ((row + offset) * width, row * width)
                for column in 0..<width where distances[from + column] <= reach { result[to + column] = value }
            }
        }
        return PixelMask(width: width, height: height, values: result)
    }

    /// How far the nearest pixel that is true lies, in pixels, at most `limit`.
    ///
    /// Source: Felzenszwalb and Huttenlocher (2012), "Distance transforms of sampled functions", here with bounded search.
    public func distances(limit: Int) -> [Float] {
        var along = [Int](repeating: limit + 1, count: values.count)
        for row in 0..<height {
            var distance = limit + 1
            for column in 0..<width {
                distance = values[row * width + column] ? 0 : min(distance + 1, limit + 1)
                along[row * width + column] = distance
            }
            distance = limit + 1
            for column in (0..<width).reversed() {
                distance = values[row * width + column] ? 0 : min(distance + 1, limit + 1)
                along[row * width + column] = min(along[row * width + column], distance)
            }
        }
        var result = [Float](repeating: Float(limit), count: values.count)
        for row in 0..<height {
            for column in 0..<width {
                var best = limit * limit
                var offset = 0
                while offset * offset < best {
                    for other in [row - offset, row + offset] where other >= 0 && other < height {
                        let side = along[other * width + column]
                        if side <= limit { best = min(best, side * side + offset * offset) }
                    }
                    offset += 1
                }
                result[row * width + column] = Float(best).squareRoot()
            }
        }
        return result
    }
}
