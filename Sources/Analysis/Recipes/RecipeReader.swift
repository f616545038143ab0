public import Documents
import Geo

extension Recipe {
    /// Reads a recipe document; an error names file, line, key and the nearest known word.
    public init(_ document: SourceDocument) throws(DocumentError) {
        let root = document.root
        try root.allowOnly(["name", "description", "file_prefix", "inputs", "variables", "output_defaults", "outputs"])
        name = try root.required("name").string()
        description = try root.optional("description")?.string() ?? ""
        filePrefix = try root.optional("file_prefix")?.string() ?? name
        var inputs: [RecipeInput] = []
        for entry in try root.required("inputs").entries() {
            inputs.append(try RecipeInput(name: entry.key, entry.reader))
        }
        guard inputs.contains(where: { !$0.isStatic }) else {
            throw try root.required("inputs").failure("needs an input that is not static")
        }
        let variables = try Self.variables(root, inputs)
        let scope = RecipeScope(inputs: inputs, variables: variables)
        let defaults = root.optional("output_defaults")
        try defaults?.allowOnly(RecipeOutput.encodingKeys)
        var outputs: [RecipeOutput] = []
        for entry in try root.required("outputs").elements() {
            let output = try RecipeOutput(entry, defaults: defaults, scope: scope)
            guard !outputs.contains(where: { $0.name == output.name }) else {
                throw entry.failure("is a second output named '\(output.name)'")
            }
            outputs.append(output)
        }
        (self.inputs, self.outputs) = (inputs, outputs)
    }

    private static func variables(
        _ root: DocumentReader,
        _ inputs: [RecipeInput]
    ) throws(DocumentError) -> [String: Expression] {
        var variables: [String: Expression] = [:]
        for entry in try root.optional("variables")?.entries() ?? [] {
            let scope = RecipeScope(inputs: inputs, variables: variables)
            variables[entry.key] = try scope.expression(entry.reader)
        }
        return variables
    }
}

/// The names that formulas of a recipe may use.
private struct RecipeScope {
    let inputs: [RecipeInput]
    let variables: [String: Expression]

    /// Reads a formula, checks its names and replaces variables by what they stand for.
    func expression(_ reader: DocumentReader) throws(DocumentError) -> Expression {
        let parsed: Expression
        do throws(ExpressionError) {
            parsed = try Expression(parsing: try readFormula(reader))
        } catch {
            throw reader.failure("is no formula: \(error)")
        }
        let known = Array(variables.keys) + inputs.flatMap(\.measurements)
        for name in parsed.names.sorted() where !known.contains(name) {
            let near = nearest(to: name, in: known).map { "Did you mean '\($0)'?" }
            let hint = near ?? "Known: \(known.sorted().joined(separator: ", "))."
            throw reader.failure("uses the unknown name '\(name)'", hint: hint)
        }
        return parsed.substituting(variables)
    }

    private func readFormula(_ reader: DocumentReader) throws(ExpressionError) -> String {
        do {
            return try reader.string()
        } catch {
            throw ExpressionError(text: "", column: 1, reason: "a formula is text")
        }
    }

    func isStatic(_ expression: Expression) -> Bool {
        let names = Set(inputs.filter { !$0.isStatic }.flatMap(\.measurements))
        return expression.names.isDisjoint(with: names)
    }
}

extension RecipeInput {
    fileprivate init(name: String, _ reader: DocumentReader) throws(DocumentError) {
        try reader.allowOnly([
            "product", "measurements", "mask", "group_by", "static", "optional", "resampling",
        ])
        self.name = name
        products = try reader.required("product").strings()
        measurements = try reader.required("measurements").strings()
        isStatic = try reader.optional("static")?.bool() ?? false
        isOptional = try reader.optional("optional")?.bool() ?? false
        resampling = try reader.optional("resampling")?.string() ?? "nearest"
        grouping = try reader.optional("group_by")?.choice(Grouping.self) ?? .solarDay
        var masks: [MaskRule] = []
        for measurement in try reader.optional("mask")?.entries() ?? [] {
            for flag in try measurement.reader.entries() {
                let meanings = try Self.meanings(flag.reader)
                masks.append(MaskRule(measurement: measurement.key, flag: flag.key, meanings: meanings))
            }
        }
        self.masks = masks
    }

    private static func meanings(_ reader: DocumentReader) throws(DocumentError) -> [String] {
        if let flag = reader.value.bool { return [flag ? "true" : "false"] }
        return try reader.strings()
    }
}

extension RecipeOutput {
    static let encodingKeys = ["dtype", "nodata", "scale_factor", "add_offset", "units"]

    fileprivate init(
        _ reader: DocumentReader,
        defaults: DocumentReader?,
        scope: RecipeScope
    ) throws(DocumentError) {
        try reader.allowOnly(["name", "value", "reduce"] + Self.encodingKeys)
        name = try reader.required("name").string()
        guard name.wholeMatch(of: #/\w+/#) != nil else {
            throw try reader.required("name").failure("may hold letters, digits and _ only")
        }
        value = try scope.expression(try reader.required("value"))
        reducer = try reader.optional("reduce")?.choice(Reducer.self)
        if reducer == nil, !scope.isStatic(value) {
            let known = Reducer.allCases.map(\.rawValue).joined(separator: ", ")
            throw reader.failure("needs 'reduce', as its value changes over time", hint: "Known: \(known).")
        }
        if let reduce = reader.optional("reduce"), scope.isStatic(value) {
            throw reduce.failure("has nothing to reduce: the value comes from static inputs alone")
        }
        func setting(_ key: String) -> DocumentReader? { reader.optional(key) ?? defaults?.optional(key) }
        guard let dtype = setting("dtype"), let nodata = setting("nodata") else {
            throw reader.failure("needs 'dtype' and 'nodata', here or under 'output_defaults'")
        }
        encoding = Encoding(
            type: try dtype.choice(PixelType.self),
            nodata: try nodata.double(),
            scaleFactor: try setting("scale_factor")?.double() ?? 1,
            addOffset: try setting("add_offset")?.double() ?? 0
        )
        guard encoding.scaleFactor != 0 else { throw reader.failure("cannot have a scale_factor of 0") }
        units = try setting("units")?.string() ?? "1"
    }
}
