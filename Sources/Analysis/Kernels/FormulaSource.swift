import Geo

/// Formulas over the series and layers of a block, evaluated run by run while kernels ask for them.
final class FormulaSource {
    /// Where the row of a name comes from.
    private enum Origin {
        case uint16(UnsafePointer<UInt16>, nodata: UInt16, scale: Float, offset: Float)
        case int16(UnsafePointer<Int16>, nodata: Int16, scale: Float, offset: Float)
        case float(UnsafePointer<Float>, scale: Float, offset: Float)
        case double(UnsafePointer<Double>, scale: Double, offset: Double)
        case layer(UnsafePointer<Float>)
        case date(String)
        case nothing
    }

    private let program: ExpressionProgram
    private let registers: ExpressionProgram.Registers
    private let origins: [Origin]
    private let block: RecipeBlock
    let resultCount: Int
    var pixelCount: Int { block.pixelCount }

    /// - `lanes`: The longest run that is asked for.
    init(_ expressions: [Expression], _ block: RecipeBlock, lanes: Int) {
        program = ExpressionProgram(expressions)
        registers = program.makeRegisters(lanes: lanes)
        resultCount = expressions.count
        self.block = block
        // The arrays belong to `block`, which this object holds and nobody changes.
        origins = program.names.map { name in
            if let series = block.series[name] { return Self.origin(series) }
            if let layer = block.statics[name] { return layer.withUnsafeBufferPointer { Self.layer($0) } }
            return SliceDate.variables.contains(name) ? .date(name) : .nothing
        }
    }

    deinit { program.free(registers) }

    private static func layer(_ buffer: UnsafeBufferPointer<Float>) -> Origin {
        buffer.baseAddress.map { .layer($0) } ?? .nothing
    }

    private static func origin(_ series: SampleSeries) -> Origin {
        let (scale, offset) = (series.encoding.scaleFactor, series.encoding.addOffset)
        let (s, o) = (Float(scale), Float(offset))
        switch series.storage {
        case .uint16(let samples):
            guard let base = samples.withUnsafeBufferPointer(\.baseAddress) else { return .nothing }
            return .uint16(base, nodata: UInt16(nearest: series.encoding.nodata), scale: s, offset: o)
        case .int16(let samples):
            guard let base = samples.withUnsafeBufferPointer(\.baseAddress) else { return .nothing }
            return .int16(base, nodata: Int16(nearest: series.encoding.nodata), scale: s, offset: o)
        case .float(let samples):
            guard let base = samples.withUnsafeBufferPointer(\.baseAddress) else { return .nothing }
            return .float(base, scale: s, offset: o)
        case .double(let samples):
            guard let base = samples.withUnsafeBufferPointer(\.baseAddress) else { return .nothing }
            return .double(base, scale: scale, offset: offset)
        }
    }

    /// Evaluates `count` pixels from `first` on at one date; the rows of `result(_:)` hold them until the next call.
    func evaluate(date: Int, first: Int, count: Int) {
        for (number, origin) in origins.enumerated() {
            let row = registers.input(number)
            switch origin {
            case .uint16(let base, let nodata, let scale, let offset):
                let from = base + (date * pixelCount + first)
                for lane in 0..<count {
                    row[lane] = from[lane] == nodata ? .nan : Float(from[lane]) * scale + offset
                }
            case .int16(let base, let nodata, let scale, let offset):
                let from = base + (date * pixelCount + first)
                for lane in 0..<count {
                    row[lane] = from[lane] == nodata ? .nan : Float(from[lane]) * scale + offset
                }
            case .float(let base, let scale, let offset):
                let from = base + (date * pixelCount + first)
                for lane in 0..<count { row[lane] = from[lane] * scale + offset }
            case .double(let base, let scale, let offset):
                let from = base + (date * pixelCount + first)
                for lane in 0..<count { row[lane] = Float(from[lane] * scale + offset) }
            case .layer(let base):
                for lane in 0..<count { row[lane] = base[first + lane] }
            case .date(let variable):
                let value = block.dates[date].value(of: variable)
                for lane in 0..<count { row[lane] = value }
            case .nothing:
                for lane in 0..<count { row[lane] = .nan }
            }
        }
        program.run(registers, count: count)
    }

    /// The values of a formula after `evaluate`; NaN and infinite ones are none.
    func result(_ number: Int) -> UnsafeMutablePointer<Float> { registers.result(number) }
}

/// The keys of one formula.
struct FormulaKeys: ChunkSource {
    let formula: FormulaSource
    let map = FloatKeyMap()

    func load(date: Int, first: Int, count: Int, into keys: UnsafeMutablePointer<Float>) {
        formula.evaluate(date: date, first: first, count: count)
        let row = formula.result(0)
        for lane in 0..<count { keys[lane] = abs(row[lane]) < .infinity ? row[lane] : .infinity }
    }
}
