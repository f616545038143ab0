import Analysis
import DatacubeIndex
import Documents
import Geo
import Ingest
import Raster

/// Lays out the cells of a recipe: which datasets each needs, and in which blocks it is computed.
struct RecipePlanner {
    let recipe: Recipe
    let parameters: DocumentObject
    let time: TimeRange
    /// In longitude and latitude; without parts it stands for no limit.
    let region: MultiPolygon
    let grid: GridSpec
    let product: Product
    let folder: String
    let software: String
    /// One file instead of tiles; the grid has one cell then.
    var mosaic: MosaicTarget?
    /// Makes pixels outside of the region nodata.
    var clips = false

    private struct Placed {
        let dataset: Dataset
        let footprint: MultiPolygon
    }

    /// - `memory`: Bytes that one thread may hold.
    func plan(
        series: ResolvedInput,
        statics: [ResolvedInput],
        memory: Int
    ) throws -> (tasks: [TileTask], bytesPerPixel: Int) {
        let projector = FootprintProjector(to: grid.crs)
        let regionOnGrid = try projector.project(region, from: .wgs84)
        let cells = region.parts.isEmpty ? nil : Set(grid.tiles(covering: regionOnGrid))
        let placed = try series.datasets.sorted(by: Dataset.precedes).compactMap { dataset in
            try projector.footprint(of: dataset).map { Placed(dataset: dataset, footprint: $0) }
        }
        var members: [TileIndex: [Placed]] = [:]
        for entry in placed {
            for cell in grid.tiles(covering: entry.footprint) where cells?.contains(cell) ?? true {
                members[cell, default: []].append(entry)
            }
        }
        let staticPlaced = try statics.map { input in
            try input.datasets.sorted(by: Dataset.precedes).compactMap { dataset in
                try projector.footprint(of: dataset).map { Placed(dataset: dataset, footprint: $0) }
            }
        }
        let bands = try series.bands()
        let masks = try series.masks()
        let slices = members.values.map { ResolvedInput.slices($0.map(\.dataset), by: series.input.grouping).count }
        let sample = RecipeProgram(recipe: recipe, bands: bands, masks: masks, slices: [], staticBands: [])
        let bytesPerPixel =
            PlainReduction(sample) == nil
            ? bytesPerPixel(slices: slices.max() ?? 0, bands: bands.count)
            : PlainReduction.bytesPerPixel(sample, slices: slices.max() ?? 0)
        guard let first = bands.first?.measurement else {
            throw WorkflowError(
                .badRequest,
                "input '\(series.input.name)' of recipe '\(recipe.name)' has no measurement"
            )
        }
        let factory = makeFactory(series, first, memory: memory, bytesPerPixel: bytesPerPixel)
        let tasks = try members.sorted { $0.key < $1.key }.map { cell, entries in
            let box = grid.bounds(of: cell)
            let near = staticPlaced.map { $0.filter { $0.footprint.intersects(box) } }
            let program = RecipeProgram(
                recipe: recipe,
                bands: bands,
                masks: masks,
                slices: ResolvedInput.slices(entries.map(\.dataset), by: series.input.grouping),
                staticBands: try staticBands(statics, near.map { $0.map(\.dataset) })
            )
            let sources =
                [(series.input.name, entries.map(\.dataset))]
                + zip(statics, near).map { ($0.input.name, $1.map(\.dataset)) }
            return try factory.task(
                cell,
                time: time,
                stem: path(cell),
                sources: sources,
                footprints: entries.map(\.footprint),
                properties: DocumentObject([(key: "odc:product_family", value: .string(recipe.name))]),
                program: PlainReduction(program) ?? program,
                clip: clips && !region.parts.isEmpty ? Clip(polygon: regionOnGrid) : nil
            )
        }
        return (tasks, bytesPerPixel)
    }

    /// The bands of all static inputs; one without data reads as nodata.
    private func staticBands(
        _ inputs: [ResolvedInput],
        _ datasets: [[Dataset]]
    ) throws -> [(band: RecipeProgram.Band, datasets: [Dataset])] {
        let found = try zip(inputs, datasets).flatMap { input, members in
            try input.bands().map { (band: $0, datasets: members) }
        }
        let names = Set(found.map(\.band.name))
        let missing = recipe.staticInputs.flatMap(\.measurements).filter { !names.contains($0) }
        return found
            + missing.map { name in
                let measurement = Measurement(name: name, dtype: .float32, nodata: .nan)
                return (RecipeProgram.Band(name: name, measurement: measurement, resampling: .nearest), [])
            }
    }

    /// Bytes of a pixel while its block is computed: all dates of all bands and formulas as Float, and the outputs.
    private func bytesPerPixel(slices: Int, bands: Int) -> Int {
        let formulas = Set(recipe.outputs.map(\.value)).count
        return 4 * (slices * (bands + formulas) + 2 * recipe.outputs.count + 8)
    }

    private func makeFactory(
        _ series: ResolvedInput,
        _ first: Measurement,
        memory: Int,
        bytesPerPixel: Int
    ) -> TileFactory {
        let shape = grid.tileShape
        let chunk = XY(x: tileChunk(shape.width), y: tileChunk(shape.height))
        let variables = recipe.outputs.map { output in
            NetCDFTile.Variable(
                name: output.name,
                type: output.encoding.type,
                nodata: output.encoding.nodata,
                units: output.units,
                attributes: [("long_name", output.name.replacing("_", with: " "))],
                chunk: chunk
            )
        }
        return TileFactory(
            product: product,
            grid: grid,
            driver: .netCDF,
            variables: variables,
            attributes: [],
            algorithm: recipe.name,
            parameters: parameters,
            software: software,
            blocks: BlockBudget(series.datasets, first, bytesPerPixel: bytesPerPixel, limit: memory),
            storage: mosaic?.storage
        )
    }

    /// A chunk that divides the tile's side evenly where one between 256 and 640 pixels does.
    private func tileChunk(_ side: Int) -> Int {
        (256...640).reversed().first { side % $0 == 0 } ?? min(512, side)
    }

    private func path(_ cell: TileIndex) -> String {
        "\(folder)/\(recipe.filePrefix)_\(cell.x)_\(cell.y)_\(Timestamp.day(time.center))"
    }
}
