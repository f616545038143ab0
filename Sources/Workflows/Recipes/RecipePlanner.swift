import Analysis
import DatacubeIndex
import Documents
import struct Foundation.UUID
import Geo
import Ingest
import Raster

/// Lays out the cells of a recipe: which datasets each needs, and in which blocks it is computed.
struct RecipePlanner: Sendable {
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
    /// Datasets that could not be read; the documents of tiles in which they lie name them.
    var leftOut: Set<UUID> = []
    /// To whose distribution the outputs are brought.
    var reference: ResolvedReference?

    private struct Placed {
        /// The number of the input that the dataset belongs to.
        let input: Int
        let dataset: Dataset
        let footprint: MultiPolygon
    }

    func plan(series: [ResolvedInput], statics: [ResolvedInput], _ request: PlanRequest) throws -> PlannedTiles {
        let projector = FootprintProjector(to: grid.crs)
        let regionOnGrid = try projector.project(region, from: .wgs84)
        let cells = request.cells ?? (region.parts.isEmpty ? nil : Set(grid.tiles(covering: regionOnGrid)))
        let placed = try series.enumerated().flatMap { number, input in
            try place(input.datasets, number, by: projector)
        }
        let sources = try series.map { input in
            RecipeProgram.Source(bands: try input.bands(), mask: try input.mask(), ranking: try input.ranking())
        }
        let reach = recipe.halo + (sources.map { RecipeProgram.maskHalo(of: $0, recipe) }.max() ?? 0)
        let members = membersOf(cells, placed, reach: reach)
        let staticPlaced = try statics.map { try place($0.datasets, 0, by: projector) }
        let referencePlaced = try reference.map { try place($0.datasets, 0, by: projector) } ?? []
        let sliceCounts = members.values.map { slices(left($0), series).count }
        var encodings = RecipeProgram.encodings(of: sources)
        if recipe.matching == .dates, let reference {
            for band in reference.bands.keys { encodings[band] = .real }
        }
        let bytesPerPixel = self.bytesPerPixel(slices: sliceCounts.max() ?? 0, encodings: encodings)
        guard let first = sources.first?.bands.first?.measurement else {
            throw WorkflowError(.badRequest, "recipe '\(recipe.name)' reads no measurement over time")
        }
        let blocks = BlockBudget(series[0].datasets, first, bytesPerPixel: bytesPerPixel, request)
        let factory = makeFactory(blocks)
        let tasks = try members.sorted { $0.key < $1.key }.compactMap { cell, found -> TileTask? in
            let entries = left(found)
            guard !entries.isEmpty else { return nil }
            let box = grid.bounds(of: cell)
            let grown = self.grown(box, by: recipe.halo)
            let around = staticPlaced.map { $0.filter { $0.footprint.intersects(grown) } }
            let near = around.map(left)
            let beneath = referencePlaced.filter { $0.footprint.intersects(box) }
            let under = left(beneath).map(\.dataset)
            let broken = (found + around.flatMap { $0 } + beneath).map(\.dataset).filter { leftOut.contains($0.id) }
            var program = RecipeProgram(
                recipe: recipe,
                sources: sources,
                slices: slices(entries, series),
                encodings: encodings,
                begin: SliceDate(time.begin),
                staticBands: try staticBands(statics, near.map { $0.map(\.dataset) })
            )
            if let reference, !under.isEmpty {
                program.matching = HistogramMatching(bands: reference.bands, datasets: under)
            }
            let inputs =
                series.enumerated().map { number, input in
                    (input.input.name, entries.filter { $0.input == number }.map(\.dataset))
                } + zip(statics, near).map { ($0.input.name, $1.map(\.dataset)) } + [("reference", under)]
            return try factory.task(
                cell,
                time: time,
                stem: path(cell),
                sources: inputs.filter { !$0.1.isEmpty },
                footprints: entries.map(\.footprint),
                properties: properties(leftOut: broken),
                program: program,
                clip: clips && !region.parts.isEmpty ? Clip(polygon: regionOnGrid) : nil
            )
        }
        return PlannedTiles(tasks: tasks, blocks: blocks.facts)
    }

    private func properties(leftOut: [Dataset]) -> DocumentObject {
        var properties = DocumentObject([(key: "odc:product_family", value: .string(recipe.name))])
        properties.name(leftOut: leftOut)
        return properties
    }

    /// Those that could be read.
    private func left(_ entries: [Placed]) -> [Placed] { entries.filter { !leftOut.contains($0.dataset.id) } }

    /// Datasets with a footprint, in the order in which they are laid over each other.
    private func place(_ datasets: [Dataset], _ input: Int, by projector: FootprintProjector) throws -> [Placed] {
        try datasets.sorted(by: Dataset.precedes).compactMap { dataset in
            try projector.footprint(of: dataset).map { Placed(input: input, dataset: dataset, footprint: $0) }
        }
    }

    /// What lies in each of some cells (without these, in all), and within `reach` pixels around it where there is something in the cell.
    private func membersOf(_ cells: Set<TileIndex>?, _ placed: [Placed], reach: Int) -> [TileIndex: [Placed]] {
        var members: [TileIndex: [Placed]] = [:]
        for entry in placed {
            for cell in grid.tiles(covering: entry.footprint, among: cells) {
                members[cell, default: []].append(entry)
            }
        }
        guard reach > 0 else { return members }
        return Dictionary(
            uniqueKeysWithValues: members.keys.map { cell in
                let box = grown(grid.bounds(of: cell), by: reach)
                return (cell, placed.filter { $0.footprint.intersects(box) })
            }
        )
    }

    private func grown(_ box: BoundingBox, by pixels: Int) -> BoundingBox {
        let (x, y) = (abs(grid.resolution.x) * Double(pixels), abs(grid.resolution.y) * Double(pixels))
        return BoundingBox(left: box.left - x, bottom: box.bottom - y, right: box.right + x, top: box.top + y)
    }

    /// The slices of time of all inputs, the earliest first.
    private func slices(_ entries: [Placed], _ series: [ResolvedInput]) -> [RecipeProgram.Slice] {
        series.enumerated().flatMap { number, input in
            let own = entries.filter { $0.input == number }.map(\.dataset)
            return ResolvedInput.slices(own, by: input.input.grouping).map { slice in
                RecipeProgram.Slice(
                    source: number,
                    datasets: slice,
                    date: ResolvedInput.day(of: slice, by: input.input.grouping)
                )
            }
        }.sorted { a, b in
            if a.date != b.date { return a.date < b.date }
            if a.source != b.source { return a.source < b.source }
            return Dataset.precedes(a.datasets[0], b.datasets[0])
        }
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

    /// Bytes of a pixel while its block is computed: all dates of all bands as they are stored, one slice as it is
    /// read, and the outputs.
    private func bytesPerPixel(slices: Int, encodings: [String: Encoding]) -> Int {
        let sample = encodings.values.reduce(0) { $0 + max(2, $1.type.byteCount) }
        let seen = recipe.usesObservations ? slices : 0
        return slices * sample + seen + 6 * sample + 20 * recipe.outputs.count + 32
    }

    private func makeFactory(_ blocks: BlockBudget) -> TileFactory {
        let shape = grid.tileShape
        let chunk = XY(x: tileChunk(shape.width), y: tileChunk(shape.height))
        let variables = recipe.outputs.map { output in
            NetCDFTile.Variable(
                name: output.name,
                type: output.encoding.type,
                nodata: output.encoding.nodata,
                units: output.units,
                scaleFactor: output.encoding.scaleFactor,
                addOffset: output.encoding.addOffset,
                attributes: [("long_name", .text(output.name.replacing("_", with: " ")))],
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
            blocks: blocks,
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
