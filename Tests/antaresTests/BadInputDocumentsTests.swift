import Foundation
import TestSupport
import Testing

/// Documents with mistakes, and names that do not exist: what a person reads then.
///
/// One cube serves all: none of these lines changes it.
@Suite("Bad input: documents and names", .enabled(if: TestDatabase.isAvailable))
struct BadInputDocumentsTests {
    private static let cube = Result { () throws -> BadInputCube in
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000)
        try cube.expectDone("antares ingest -c ingestion.yaml")
        return cube
    }
    private let cube: BadInputCube

    init() throws { cube = try Self.cube.get() }

    @Test(arguments: [
        ("tile_size:", "tile_sise:", "'storage.tile_sise' is an unknown key. Did you mean 'tile_size'?"),
        (
            "src_varname: nir", "src_varnam: nir",
            "'measurements[6].src_varnam' is an unknown key. Did you mean 'src_varname'?"
        ),
        (
            "dtype: uint8", "dtype: unit8",
            "'measurements[9].dtype' has the unknown value 'unit8'. Did you mean 'uint8'?"
        ),
        (
            "src_varname: nir", "src_varname: nri",
            "'measurements[6].src_varname' names the measurement 'nri', which product 's2_l2a_20m_granule' lacks. "
                + "Did you mean 'nir'?"
        ),
        (
            "source_type: s2_l2a_20m_granule", "source_type: s2_l2a_20m_granul",
            "'source_type' names the product 's2_l2a_20m_granul', which is not in the index. "
                + "Did you mean 's2_l2a_20m_granule'?"
        ),
    ])
    func `a typo in an ingestion configuration is named with its line`(
        old: String,
        new: String,
        message: String
    ) throws {
        let path = try cube.writeIngestion("typo-\(UUID().uuidString).yaml", changes: [old: new])
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        let line = try #require(lines.firstIndex { $0.contains(new) }) + 1
        for program in ["antares", "datacube"] {
            let result = try cube.job.run("\(program) ingest -c \(path)")
            #expect(result.status == 78)
            #expect(result.errors.contains("error: \(path):\(line): \(message)"), "\(result.errors)")
        }
    }

    @Test(arguments: [
        ("reduce: mean", "reduse: mean", 39, "'outputs[0].reduse' is an unknown key. Did you mean 'reduce'?"),
        (
            "reduce: mean", "reduce: maen", 39,
            "'outputs[0].reduce' has the unknown value 'maen'. Did you mean 'mean'?"
        ),
        ("(nir - red)", "(nri - red)", 32, "'variables.ndvi' uses the unknown name 'nri'. Did you mean 'nir'?"),
    ])
    func `a typo in a recipe is named with its line`(old: String, new: String, line: Int, message: String) throws {
        let recipe = try String(contentsOfFile: "\(cube.documents)/recipes/s2_20m_001.yaml", encoding: .utf8)
        #expect(recipe.contains(old))
        let text = recipe.replacing(old, with: new)
        let path = try cube.job.program.home.write(text, to: "typo-\(UUID().uuidString).yaml")
        let result = try apply("-recipe \(path)")
        #expect(result.status == 78)
        #expect(result.errors.contains("error: \(path):\(line): \(message)"), "\(result.errors)")
    }

    @Test(arguments: [
        ("measurements:", "measurments:", 18, "'measurments' is an unknown key. Did you mean 'measurements'?"),
        ("nodata: 0", "nodat: 0", 22, "'measurements[0].nodat' is an unknown key. Did you mean 'nodata'?"),
    ])
    func `a typo in a product definition is named with its line`(
        old: String,
        new: String,
        line: Int,
        message: String
    ) throws {
        let path = "\(cube.documents)/indexing/s2_l2a_20m_granule.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8).replacing(old, with: new)
        let typo = try cube.job.program.home.write(text, to: "typo-\(UUID().uuidString).yaml")
        let own = try cube.job.antares("product add \(typo)")
        #expect(own.status == 78)
        #expect(own.errors.contains("error: \(typo):\(line): \(message)"), "\(own.errors)")
        // As datacube ends where it refuses a definition.
        let known = try cube.job.datacube("product add \(typo)")
        #expect(known.status == 1)
        #expect(known.errors.contains("\(typo):\(line): \(message)"), "\(known.errors)")
    }

    @Test func `a definition that is no YAML is named with its line`() throws {
        let path = try cube.job.program.home.write("storage: [1, 2\nname: x\n", to: "broken.yaml")
        let result = try cube.job.antares("ingest -c \(path)")
        #expect(result.status == 78)
        #expect(result.errors.hasPrefix("error: \(path):2: is no valid YAML: "), "\(result.errors)")
    }

    @Test(arguments: [
        ("quicklook -p s2_l2a_20m_mexic -o x.png", "Did you mean 's2_l2a_20m_mexico'?"),
        ("product show s2_l2a_20m_granul", "Did you mean 's2_l2a_20m_granule'?"),
        ("dataset add s2.yaml -p s2_l2a_20m_granul", "Did you mean 's2_l2a_20m_granule'?"),
    ])
    func `an unknown product is named with the nearest one`(line: String, message: String) throws {
        let result = try cube.job.antares(line)
        #expect(result.status == 1)
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test func `an unknown recipe is named with the nearest one`() throws {
        let result = try apply("-recipe s2_20m_01")
        #expect(result.status == 66)
        #expect(result.errors.contains("there is no recipe 's2_20m_01'. Did you mean 's2_20m_001'?"))
        let file = try apply("-recipe ./nowhere.yaml")
        #expect(file.status == 66)
        #expect(file.errors == "error: the recipe file './nowhere.yaml' does not exist. Check the path.\n")
    }

    @Test func `without data in the time asked for, the message says which times there are`() throws {
        let result = try apply("-recipe s2_20m_001", year: 2016)
        #expect(result.status == 66)
        #expect(
            result.errors.contains(
                "product 's2_l2a_20m_mexico' has no data between 2016-01-01 and 2016-12-31 in the region. "
                    + "The product has data from 2017-01-15 to 2017-09-15, longitudes -103.42 to -103.38, latitudes 20."
            ),
            "\(result.errors)"
        )
        let year = try cube.job.antares("ingest -c ingestion.yaml --year 2016")
        #expect(year.status == 66)
        #expect(year.errors.contains("product 's2_l2a_20m_granule' has no datasets in 2016"), "\(year.errors)")
        #expect(year.errors.contains("It has data from 2017-01-15 to 2017-09-15."), "\(year.errors)")
    }

    private func apply(_ recipe: String, year: Int = 2017) throws -> ShellResult {
        let place = "-lat 20.5 20.7 -long -103.5 -103.3"
        return try cube.job.antares("apply_recipe \(recipe) -b \(year)-01-01 -e \(year)-12-31 \(place) --name never")
    }
}

/// What else stands in a cube's way: regions, and datasets that contradict their product.
@Suite("Bad input: regions and datasets", .enabled(if: TestDatabase.isAvailable))
struct BadInputDatasetsTests {
    @Test func `an unknown region is named with the nearest one`() throws {
        let job = try TestJob()
        let borders = """
            {"type": "FeatureCollection", "features": [
              {"type": "Feature", "properties": {"ISO_A3": "MEX", "NAME": "Mexico"}, "geometry":
                {"type": "Polygon", "coordinates": [[[-118, 14], [-86, 14], [-86, 33], [-118, 33], [-118, 14]]]}}]}
            """
        let file = try job.program.home.write(borders, to: "borders.geojson")
        let initialised = try job.antares("init -c mex --borders \(file)")
        #expect(initialised.status == 0, "\(initialised.errors)")
        let result = try job.antares(
            "apply_recipe -recipe s2_20m_001 -b 2017-01-01 -e 2017-12-31 -region Jalsico --name never"
        )
        #expect(result.status == 64)
        #expect(result.errors == "error: unknown region 'Jalsico'. Did you mean 'Jalisco'?\n")
    }

    @Test func `a dataset that lacks a measurement or has another signature is refused with the reason`() throws {
        let cube = try BadInputCube.withScenes()
        try cube.expectDone("datacube system init")
        try cube.expectDone("datacube product add ~/.config/madmex/indexing/s2_l2a_20m_granule.yaml")
        try cube.expectDone("antares prepare_metadata --path scenes --dataset_name s2_l2a_20m --outfile s2.yaml")
        let home = cube.job.program.home
        let text = try String(contentsOfFile: home.path("s2.yaml"), encoding: .utf8)
        var documents = text.split(separator: "---\n").map(String.init)
        #expect(documents.count == 3)
        documents[0] = documents[0].replacing(#/  swir1:\n(?:    .*\n)+/#, with: "")
        documents[1] = documents[1].replacing("name: s2_l2a_20m_granule", with: "name: s2_l2a_20m_granul")
        _ = try home.write(documents.map { "---\n" + $0 }.joined(), to: "bad.yaml")

        // The third is good and is added all the same.
        let own = try cube.job.antares("dataset add bad.yaml")
        #expect(own.status == 1)
        #expect(own.output.contains("datasets: 1 added, 2 rejected"), "\(own.output)")
        let known = try cube.job.datacube("dataset add bad.yaml")
        #expect(known.status == 0)
        for errors in [own.errors, known.errors] {
            #expect(errors.contains("\(home.path)/bad.yaml"), "\(errors)")
            #expect(errors.contains("Product 's2_l2a_20m_granule' has swir1, the document does not"), "\(errors)")
            #expect(
                errors.contains(
                    #"product.name is "s2_l2a_20m_granul", the product asks for "s2_l2a_20m_granule""#
                ),
                "\(errors)"
            )
        }
        #expect(try cube.indexedCount("s2_l2a_20m_granule") == 1)
    }
}
