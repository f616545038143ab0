public import Documents
import Geo

extension Recipe {
    /// Reads a recipe document; an error names file, line, key and the nearest known word.
    public init(_ document: SourceDocument) throws(DocumentError) {
        let root = document.root
        try root.allowOnly([
            "name", "description", "file_prefix", "inputs", "variables", "output_defaults", "outputs", "grid",
            "match_reference",
        ])
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
            for output in try RecipeOutput.read(entry, defaults: defaults, scope: scope) {
                guard !outputs.contains(where: { $0.name == output.name }) else {
                    throw entry.failure("is a second output named '\(output.name)'")
                }
                outputs.append(output)
            }
        }
        (self.inputs, self.outputs) = (inputs, outputs)
        matching = try root.optional("match_reference")?.choice(Matching.self) ?? .outputs
        if let reader = root.optional("grid") { grid = try GridOptions(reader) } else { grid = GridOptions() }
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
struct RecipeScope {
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
        let own = SliceDate.variables + [Recipe.cloudDistance]
        let known = Array(variables.keys) + inputs.flatMap(\.measurements) + own
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
        let own = SliceDate.variables + [Recipe.cloudDistance]
        let names = Set(inputs.filter { !$0.isStatic }.flatMap(\.measurements) + own)
        return expression.names.isDisjoint(with: names)
    }
}
