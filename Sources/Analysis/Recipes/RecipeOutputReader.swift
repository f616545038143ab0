import Documents
import Geo

extension RecipeOutput {
    static let encodingKeys = ["dtype", "nodata", "scale_factor", "add_offset", "units", "min_count"]
    private static let keys = ["name", "value", "reduce", "by", "as", "quality", "closest_to", "order"]

    /// Reads an entry of `outputs`: one output, or one for each of a list of values.
    static func read(
        _ reader: DocumentReader,
        defaults: DocumentReader?,
        scope: RecipeScope
    ) throws(DocumentError) -> [RecipeOutput] {
        try reader.allowOnly(keys + encodingKeys)
        let nameReader = try reader.required("name")
        let pattern = try nameReader.string()
        let by = try reader.optional("by")?.choice(Period.Length.self)
        let known = by == nil ? ["{band}"] : ["{band}", "{period}", "{year}", "{month}"]
        let bare = known.reduce(pattern) { $0.replacing($1, with: "") }
        guard bare.wholeMatch(of: #/\w*/#) != nil, !pattern.isEmpty else {
            throw nameReader.failure(
                "may hold letters, digits and _ only",
                hint: "Placeholders here: \(known.joined(separator: ", "))."
            )
        }
        let valueReader = try reader.required("value")
        var readers = [valueReader]
        if case .array = valueReader.value { readers = try valueReader.elements() }
        var values: [Expression] = []
        for reader in readers { values.append(try scope.expression(reader)) }
        guard !values.isEmpty else { throw valueReader.failure("is empty") }
        let isStatic = values.allSatisfy(scope.isStatic)
        let reducer = try reducer(reader, scope: scope)
        if reducer == nil, !isStatic {
            throw reader.failure(
                "needs 'reduce', as its value changes over time",
                hint: "Known: \(Reducer.names.joined(separator: ", "))."
            )
        }
        if let reduce = reader.optional("reduce"), isStatic {
            throw reduce.failure("has nothing to reduce: the value comes from static inputs alone")
        }
        let isOne = values.count == 1 || reducer.map(\.isAboutAllBands) ?? false
        guard isOne || pattern.contains("{band}") else {
            throw nameReader.failure("must hold '{band}', as 'value' is a list", hint: "Example: \"{band}_\(pattern)\".")
        }
        let (encoding, units, minimumCount) = try storage(reader, defaults)
        var outputs: [RecipeOutput] = []
        for index in isOne ? 0..<1 : values.indices {
            let band = try readers[index].string()
            guard !pattern.contains("{band}") || band.wholeMatch(of: #/\w+/#) != nil else {
                throw readers[index].failure("must be a plain name, as it goes into the output's name")
            }
            outputs.append(
                RecipeOutput(
                    name: pattern.replacing("{band}", with: band),
                    values: reducer.map(\.takesBandsTogether) ?? false ? values : [values[index]],
                    index: reducer.map(\.takesBandsTogether) ?? false ? index : 0,
                    reducer: reducer,
                    minimumCount: minimumCount,
                    by: by,
                    encoding: encoding,
                    units: units
                )
            )
        }
        return outputs
    }

    private static func reducer(_ reader: DocumentReader, scope: RecipeScope) throws(DocumentError) -> Reducer? {
        guard let reduce = reader.optional("reduce") else { return nil }
        let name = try reduce.string()
        let form = try reader.optional("as")?.choice(Reducer.DateForm.self) ?? .date
        let order = try reader.optional("order")?.integer() ?? 1
        if let order = reader.optional("order"), !(1...4).contains(try order.integer()) {
            throw order.failure("must be 1 to 4")
        }
        let quality: Expression?
        if let closest = reader.optional("closest_to") {
            quality = try closeness(closest)
        } else if let formula = reader.optional("quality") {
            quality = try scope.expression(formula)
        } else {
            quality = nil
        }
        if name == "best", quality == nil {
            throw reduce.failure(
                "needs 'quality', a formula whose largest value chooses the date, or 'closest_to', a day",
                hint: "Example: quality: ndvi, or closest_to: 06-15."
            )
        }
        guard let reducer = Reducer(name: name, form: form, quality: quality, order: order) else {
            let near = nearest(to: name, in: Reducer.names).map { "Did you mean '\($0)'? " } ?? ""
            throw reduce.failure(
                "has the unknown value '\(name)'",
                hint: "\(near)Known: \(Reducer.names.joined(separator: ", "))."
            )
        }
        return reducer
    }

    /// The nearer the better: to a day of every year, or to one date.
    private static func closeness(_ reader: DocumentReader) throws(DocumentError) -> Expression {
        let text = try reader.string()
        let numbers = text.split(separator: "-").compactMap { Int($0) }
        if numbers.count == 2, (1...12).contains(numbers[0]), (1...31).contains(numbers[1]) {
            let day = SliceDate(year: 2001, month: numbers[0], day: numbers[1]).dayOfYear
            let distance = Expression.call(
                .abs,
                [.binary(.subtract, .name("day_of_year"), .number(Float(day)))]
            )
            return .negate(.call(.min, [distance, .binary(.subtract, .number(365), distance)]))
        }
        if numbers.count == 3, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]) {
            let day = SliceDate(year: numbers[0], month: numbers[1], day: numbers[2]).days
            return .negate(.call(.abs, [.binary(.subtract, .name("days"), .number(Float(day)))]))
        }
        throw reader.failure("is no day; write it as 06-15, or as 2017-06-15")
    }

    private static func storage(
        _ reader: DocumentReader,
        _ defaults: DocumentReader?
    ) throws(DocumentError) -> (Encoding, units: String, minimumCount: Int) {
        func setting(_ key: String) -> DocumentReader? { reader.optional(key) ?? defaults?.optional(key) }
        guard let dtype = setting("dtype"), let nodata = setting("nodata") else {
            throw reader.failure("needs 'dtype' and 'nodata', here or under 'output_defaults'")
        }
        let encoding = Encoding(
            type: try dtype.choice(PixelType.self),
            nodata: try nodata.double(),
            scaleFactor: try setting("scale_factor")?.double() ?? 1,
            addOffset: try setting("add_offset")?.double() ?? 0
        )
        guard encoding.scaleFactor != 0 else { throw reader.failure("cannot have a scale_factor of 0") }
        let minimum = try setting("min_count")?.integer() ?? 1
        return (encoding, try setting("units")?.string() ?? "1", minimum)
    }
}

extension Reducer {
    /// True where a list of values gives one output.
    fileprivate var isAboutAllBands: Bool {
        guard case .deviation = self else { return false }
        return true
    }
}
