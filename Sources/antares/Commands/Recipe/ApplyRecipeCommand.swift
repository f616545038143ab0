import ArgumentParser
import Config
import Documents
import Foundation
import Geo
import Logging
import Workflows

/// `apply_recipe`: a feature product for a region and a time.
struct ApplyRecipeCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply_recipe",
        abstract: "Compute a feature product from a recipe for a region and a time.",
        discussion: """
            Every cell of the grid that shares area with the region is computed. Cells that are done and intact are
            skipped, so that the same command goes on where it stopped.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var run: RunOptionGroup
    @OptionGroup var space: SpatialOptions
    @OptionGroup var grid: GridOptionGroup
    @Option(help: .init("Name of a recipe in ~/.config/madmex/recipes, or a file.", valueName: "recipe"))
    var recipe: String
    @Option(name: .shortAndLong, help: .init("First day, YYYY-MM-DD.", valueName: "date"))
    var begin: Day
    @Option(name: .shortAndLong, help: .init("Last day, YYYY-MM-DD.", valueName: "date"))
    var end: Day
    @Option(help: .init("Name of the product to make.", valueName: "name"))
    var name: String
    @Option(
        name: .customLong("recipe_reference"),
        help: .init("Match each output's histogram to that of this product, cell by cell.", valueName: "product")
    )
    var reference: String?
    @Option(
        name: .customLong("begin_reference"),
        help: .init("First day of the reference, YYYY-MM-DD.", valueName: "date")
    )
    var referenceBegin: Day?
    @Option(
        name: .customLong("end_reference"),
        help: .init("Last day of the reference, YYYY-MM-DD.", valueName: "date")
    )
    var referenceEnd: Day?

    func validate() throws {
        guard begin.range.begin <= end.range.begin else {
            throw ValidationError("--begin \(begin.text) comes after --end \(end.text).")
        }
        guard (referenceBegin == nil) == (referenceEnd == nil), reference != nil || referenceBegin == nil else {
            throw ValidationError("--begin_reference and --end_reference go together, with --recipe_reference.")
        }
        if let referenceBegin, let referenceEnd, referenceBegin.range.begin > referenceEnd.range.begin {
            throw ValidationError(
                "--begin_reference \(referenceBegin.text) comes after --end_reference \(referenceEnd.text)."
            )
        }
        guard name.wholeMatch(of: #/\w+/#) != nil else {
            throw ValidationError("--name may hold letters, digits and _ only, got '\(name)'.")
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        var application = try RecipeApplication(
            recipe: try services.recipe(recipe),
            time: TimeRange(begin: begin.range.begin, end: end.range.end),
            region: try await services.region(space),
            productName: name,
            location: services.settings.ingestionPath.value,
            software: Version.software
        )
        (application.gridding, application.clips) = (grid.options, grid.clip)
        if let reference {
            var time: TimeRange?
            if let referenceBegin, let referenceEnd {
                time = TimeRange(begin: referenceBegin.range.begin, end: referenceEnd.range.end)
            }
            application.reference = RecipeReference(product: reference, time: time)
        }
        try await common.makeTiles("Applying \(recipe)", services, run, by: application.run)
    }
}

/// A day on the command line, `2017-01-31`.
struct Day: ExpressibleByArgument, Sendable {
    let text: String
    let range: TimeRange

    init?(argument: String) {
        guard argument.count >= 8, let range = TimeRange(period: argument) else { return nil }
        (text, self.range) = (argument, range)
    }
}
