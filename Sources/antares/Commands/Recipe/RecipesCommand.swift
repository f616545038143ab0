import Analysis
import ArgumentParser
import Documents
import Foundation
import Geo
import Workflows

/// `recipes`: what can be computed, and how.
struct RecipesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipes",
        abstract: "List, show and check recipes.",
        subcommands: [RecipesListCommand.self, RecipesShowCommand.self, RecipesCheckCommand.self]
    )
}

/// `recipes list`: names and descriptions.
struct RecipesListCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the recipes in ~/.config/madmex/recipes and those that come with the program."
    )
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let recipes = try common.makeServices().recipes()
        let width = recipes.map(\.name.count).max() ?? 0
        try common.emit(recipes) {
            recipes.map { $0.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.description }
                .joined(separator: "\n")
        }
    }
}

/// `recipes show`: what a recipe reads and makes.
struct RecipesShowCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a recipe reads, and every output with its type."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: .init("Name of a recipe, or a file.", valueName: "recipe")) var recipe: String

    func run() async throws {
        let summary = RecipeSummary(try Recipe(try common.makeServices().recipe(recipe)))
        try common.emit(summary) { summary.text }
    }
}

/// `recipes check`: reads documents and says what is wrong.
struct RecipesCheckCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check recipes without any data; an error names file, line and key.",
        discussion: "Flags and measurements of products are checked by apply_recipe --dry-run, which has an index."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: .init("Names of recipes, or files; all that are known without it.", valueName: "recipe"))
    var recipes: [String] = []

    func run() async throws {
        let services = try common.makeServices()
        var checked: [RecipeSummary] = []
        for name in recipes.isEmpty ? try services.recipes().map(\.path) : recipes {
            checked.append(RecipeSummary(try Recipe(try services.recipe(name))))
        }
        try common.emit(checked) {
            checked.map { "\($0.name): \($0.inputs.count) inputs, \($0.outputs.count) outputs, correct" }
                .joined(separator: "\n")
        }
    }
}

/// What `--json` prints of a recipe.
private struct RecipeSummary: Encodable {
    struct Input: Encodable {
        let name: String, products: [String], measurements: [String]
        let is_static: Bool, is_optional: Bool
    }
    struct OutputLine: Encodable {
        let name: String, dtype: String, nodata: String, scale_factor: Double, units: String, by: String?
    }
    let name: String, description: String
    /// Pixels around a block that are read too.
    let neighbourhood: Int
    let inputs: [Input]
    let outputs: [OutputLine]

    init(_ recipe: Recipe) {
        (name, description, neighbourhood) = (recipe.name, recipe.description, recipe.halo)
        inputs = recipe.inputs.map { input in
            Input(
                name: input.name,
                products: input.products,
                measurements: input.measurements,
                is_static: input.isStatic,
                is_optional: input.isOptional
            )
        }
        outputs = recipe.outputs.map { output in
            let nodata = output.encoding.nodata
            return OutputLine(
                name: output.name,
                dtype: output.encoding.type.rawValue,
                nodata: nodata == nodata.rounded() ? "\(Int(nodata))" : "\(nodata)",
                scale_factor: output.encoding.scaleFactor,
                units: output.units,
                by: output.by?.rawValue
            )
        }
    }

    var text: String {
        let sources = inputs.map { input in
            let kind = (input.is_static ? ", static" : "") + (input.is_optional ? ", optional" : "")
            return "  \(input.name): \(input.products.joined(separator: " or "))\(kind)\n"
                + "    \(input.measurements.joined(separator: ", "))"
        }
        let rows = outputs.map { output in
            [
                "  " + output.name, output.dtype, "nodata \(output.nodata)", "scale \(output.scale_factor)",
                output.units, output.by.map { "each \($0)" } ?? "",
            ]
        }
        return """
            \(name): \(description)
            inputs:
            \(sources.joined(separator: "\n"))
            outputs:
            \(Output.table(rows))
            """
    }
}
