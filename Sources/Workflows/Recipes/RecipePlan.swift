import Analysis
import DatacubeIndex
import Documents
import Foundation
import Geo

/// The cells of a recipe with the datasets that were found for it.
struct RecipePlan: TilePlan {
    let planner: RecipePlanner
    let series: [ResolvedInput]
    let statics: [ResolvedInput]

    var product: Product { planner.product }
    var isIndexed: Bool { planner.mosaic == nil }
    var products: [Product] {
        [product] + (series + statics).map(\.product) + (planner.reference.map { [$0.product] } ?? [])
    }

    func tiles(_ request: PlanRequest, summary: inout RunSummary) throws -> PlannedTiles {
        var planner = planner
        planner.leftOut = request.leftOut
        return try planner.plan(series: series, statics: statics, request)
    }
}

extension RecipePlan {
    /// The plan on paper.
    struct Text: Codable {
        struct Input: Codable { let name: String, product: String, datasets: [UUID] }
        struct Reference: Codable { let product: String, outputs: [String: String], datasets: [UUID] }

        /// What documents say of the run: the recipe is in it.
        let parameters: String
        let time: TimeText
        /// Only where pixels outside of it are nodata.
        let clip: PolygonText?
        let grid: GridText
        let product: String
        let folder: String
        let software: String
        let mosaic: TargetText?
        let reference: Reference?
        let series: [Input]
        let statics: [Input]
    }

    func text(_ used: Set<UUID>) -> Text {
        func ids(_ datasets: [Dataset]) -> [UUID] { datasets.map(\.id).filter(used.contains) }
        func input(_ input: ResolvedInput) -> Text.Input {
            Text.Input(name: input.input.name, product: input.product.name, datasets: ids(input.datasets))
        }
        return Text(
            parameters: YAMLText.write(.object(planner.parameters)),
            time: TimeText(planner.time),
            clip: planner.clips ? PolygonText(planner.region) : nil,
            grid: GridText(planner.grid),
            product: product.name,
            folder: planner.folder,
            software: planner.software,
            mosaic: planner.mosaic.map { TargetText($0) },
            reference: planner.reference.map { reference in
                Text.Reference(
                    product: reference.product.name,
                    outputs: reference.bands.mapValues(\.name),
                    datasets: ids(reference.datasets)
                )
            },
            series: series.map(input),
            statics: statics.map(input)
        )
    }

    init(_ text: Text, _ sources: PlanSources) throws {
        let parameters = try readDocument(text.parameters, "the recipe of the task").value
        guard let document = parameters["recipe"] else { throw PlanSources.missing("a recipe") }
        let time = text.time.time
        let recipe = try RecipeApplication.recipe(SourceDocument(origin: "recipe", value: document), over: time)
        func resolve(_ inputs: [Text.Input], _ known: [RecipeInput]) throws -> [ResolvedInput] {
            try inputs.map { entry in
                guard let input = known.first(where: { $0.name == entry.name }) else {
                    throw PlanSources.missing("the input '\(entry.name)'")
                }
                return ResolvedInput(
                    input: input,
                    product: try sources.product(entry.product),
                    datasets: try entry.datasets.map(sources.dataset)
                )
            }
        }
        var planner = RecipePlanner(
            recipe: recipe,
            parameters: parameters.object ?? DocumentObject(),
            time: time,
            region: text.clip?.polygon ?? MultiPolygon(parts: []),
            grid: try text.grid.grid(),
            product: try sources.product(text.product),
            folder: text.folder,
            software: text.software
        )
        planner.mosaic = try text.mosaic?.target()
        planner.clips = text.clip != nil
        planner.reference = try text.reference.map { entry in
            let product = try sources.product(entry.product)
            return ResolvedReference(
                product: product,
                bands: try entry.outputs.mapValues(product.measurement),
                datasets: try entry.datasets.map(sources.dataset)
            )
        }
        self.init(
            planner: planner,
            series: try resolve(text.series, recipe.seriesInputs),
            statics: try resolve(text.statics, recipe.staticInputs)
        )
    }
}
