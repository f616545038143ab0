import Testing

@testable import Workflows

@Suite struct AreaNamesTests {
    private let names = AreaNames([
        .init(country: "MEX", region: nil, name: "Mexico"),
        .init(country: "MEX", region: "Jalisco", name: "Jalisco"),
        .init(country: "MEX", region: "Yucatán", name: "Yucatán"),
        .init(country: "ARG", region: nil, name: "Argentina"),
        .init(country: "ARG", region: "Córdoba", name: "Córdoba"),
        .init(country: "COL", region: nil, name: "Colombia"),
        .init(country: "COL", region: "Córdoba", name: "Córdoba"),
    ])

    @Test(
        arguments: [
            ("mex", "MEX", nil), ("Mexico", "MEX", nil), ("Jalisco", "MEX", "Jalisco"), ("jalisco", "MEX", "Jalisco"),
            ("Yucatan", "MEX", "Yucatán"), ("col:Cordoba", "COL", "Córdoba"),
        ] as [(String, String, String?)]
    )
    func `case and accents do not matter`(text: String, country: String, region: String?) throws {
        let entry = try names.find(text)
        #expect(entry.country == country)
        #expect(entry.region == region)
    }

    @Test(arguments: [
        ("Jalicso", "unknown region 'Jalicso'. Did you mean 'Jalisco'?"),
        (
            "Córdoba",
            "unknown region 'Córdoba': several countries have one of this name. Give one of: ARG:Córdoba, COL:Córdoba."
        ),
        ("ARG:Jalisco", "unknown region 'ARG:Jalisco'. Did you mean 'Jalisco'?"),
    ]) func `what is not clear is explained`(text: String, message: String) {
        #expect {
            try names.find(text)
        } throws: {
            "\($0)" == message
        }
    }

    @Test func `without any countries the error says how to get them`() {
        #expect {
            try AreaNames([]).find("Jalisco")
        } throws: {
            "\($0)" == "unknown region 'Jalisco': there are no countries yet. Run antares init -c CODE first."
        }
    }
}
