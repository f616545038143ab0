import Analysis
import Documents
import Foundation
import Geo
import TestSupport
import Testing

@Suite("Recipes")
struct RecipeTests {
    private let text = """
        name: test
        inputs:
          s2:
            product: cube
            measurements: [nir, red]
            mask:
              qa: {cloud: false, scl: [vegetation, water]}
          terrain:
            product: [dem90, dem30]
            measurements: [elevation]
            static: true
            optional: true
        variables:
          ndvi: (nir - red) / (nir + red)
        output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
        outputs:
          - {name: ndvi_mean, value: ndvi, reduce: mean}
          - {name: red_max, value: red, reduce: max}
          - {name: elevation, value: elevation, scale_factor: 1}
        """

    private func recipe(_ text: String) throws -> Recipe {
        try Recipe(try #require(try YAML.parse(text, origin: "r.yaml").first))
    }

    @Test func `a recipe is read from its document`() throws {
        let recipe = try recipe(text)
        #expect(recipe.seriesInputs.map(\.name) == ["s2"] && recipe.staticInputs.map(\.name) == ["terrain"])
        #expect(
            recipe.inputs[0].mask
                == .all([
                    .flag(MaskRule(measurement: "qa", flag: "cloud", meanings: ["false"])),
                    .flag(MaskRule(measurement: "qa", flag: "scl", meanings: ["vegetation", "water"])),
                ])
        )
        #expect(recipe.inputs[0].grouping == .solarDay && recipe.inputs[1].products == ["dem90", "dem30"])
        #expect(recipe.outputs.map(\.name) == ["ndvi_mean", "red_max", "elevation"])
        #expect(recipe.outputs[2].reducer == nil && recipe.outputs[2].encoding.scaleFactor == 1)
        #expect(recipe.filePrefix == "test")
    }

    /// Values by hand: NDVI 0.6 and 0.2 at pixel 0, one date at pixel 1, none at pixel 2.
    @Test func `outputs are computed and stored`() throws {
        let recipe = try recipe(text)
        let block = RecipeBlock(
            width: 3,
            height: 1,
            dates: [SliceDate(days: 0), SliceDate(days: 16)],
            series: [
                "nir": SampleSeries(values: [[0.4, .nan, .nan], [0.3, 0.5, .nan]], pixelCount: 3),
                "red": SampleSeries(values: [[0.1, .nan, .nan], [0.2, 0.5, .nan]], pixelCount: 3),
            ],
            statics: ["elevation": [1500, .nan, 3]]
        )
        let stored: [[Int16]] = zip(recipe.outputs, recipe.compute(block)).map { $0.encoding.encode($1) }
        #expect(stored == [[4000, 0, -9999], [2000, 5000, -9999], [1500, -9999, 3]])
    }

    @Test(arguments: [
        (
            "  - {name: red_max, value: red, reduce: max}", "  - {name: red_max, value: rad, reduce: max}",
            "r.yaml:18: 'outputs[1].value' uses the unknown name 'rad'. Did you mean 'red'?"
        ),
        (
            "reduce: max", "reduce: maxx",
            "r.yaml:18: 'outputs[1].reduce' has the unknown value 'maxx'. Did you mean 'max'?"
        ),
        (
            "    measurements: [nir, red]", "    mesurements: [nir, red]",
            "r.yaml:5: 'inputs.s2.mesurements' is an unknown key. Did you mean 'measurements'?"
        ),
        (", reduce: max}", "}", "r.yaml:18: 'outputs[1]' needs 'reduce', as its value changes over time."),
        ("(nir + red)", "(nir + red", "r.yaml:14: 'variables.ndvi' is no formula"),
        ("name: red_max", "name: ndvi_mean", "r.yaml:18: 'outputs[1]' is a second output named 'ndvi_mean'."),
    ])
    func `a mistake is named with line, key and nearest word`(old: String, new: String, message: String) {
        let error = #expect(throws: DocumentError.self) { try recipe(text.replacing(old, with: new)) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "no error")")
    }

    @Test func `a value that would fall on nodata is stored beside it`() {
        let encoding = Encoding(type: .uint16, nodata: 0, scaleFactor: 0.0001)
        #expect(encoding.encode([0, -0.5, 0.5, 9, .nan], as: UInt16.self) == [1, 1, 5000, 65535, 0])
        #expect(encoding.decode([UInt16](arrayLiteral: 5000, 0)).map(\.isNaN) == [false, true])
    }

    /// numpy in float64: (1001 + 1002) / 2 = 1001.5 and so on, rounded half away from zero.
    @Test(arguments: [(1001, 1002, 1002), (1, 2, 2), (30_001, 30_002, 30_002), (7, 9, 8), (-3, -2, -3)])
    func `the mean of two numbers is rounded half away from zero in spite of Float`(a: Int, b: Int, mean: Int16) {
        let encoding = Encoding(type: .int16, nodata: -9999, scaleFactor: 0.0001)
        // As integers, and as the real values that a formula gives.
        var stored = SampleSeries(pixelCount: 1, encoding: encoding)
        for value in [a, b] { stored.append([Int16(value)]) }
        let real = SampleSeries(values: encoding.decode([Int16(a), Int16(b)]).map { [$0] }, pixelCount: 1)
        for series in [stored, real] {
            let output = RecipeOutput(name: "x", values: [.name("v")], reducer: .mean, encoding: encoding)
            let recipe = Recipe(name: "test", inputs: [], outputs: [output])
            let dates = [SliceDate(days: 0), SliceDate(days: 1)]
            let block = RecipeBlock(width: 1, height: 1, dates: dates, series: ["v": series])
            #expect(encoding.encode(recipe.compute(block)[0], as: Int16.self) == [mean])
        }
    }

    @Test func `every recipe that is shipped can be read`() throws {
        let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../config-templates/recipes")
            .standardized
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let recipe = try Recipe(try #require(try YAML.parse(file: file.path).first))
            #expect(file.lastPathComponent == "\(recipe.name).yaml")
        }
    }

    /// The variables that antares3's recipe of this name wrote (reference: its product definition).
    @Test func `s2_20m_001 keeps the names of its outputs`() throws {
        let path = URL(fileURLWithPath: #filePath).appendingPathComponent(
            "../../../config-templates/recipes/s2_20m_001.yaml"
        )
        let recipe = try Recipe(try #require(try YAML.parse(file: path.standardized.path).first))
        let bands = ["blue", "green", "red", "re1", "re2", "re3", "nir", "swir1", "swir2", "ndvi", "ndmi"]
        let extremes = ["ndvi_max", "ndvi_min", "ndmi_max", "ndmi_min"]
        #expect(recipe.outputs.map(\.name) == bands.map { $0 + "_mean" } + extremes + ["elevation", "slope", "aspect"])
    }
}
