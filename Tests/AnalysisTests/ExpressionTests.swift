import Analysis
import TestSupport
import Testing

@Suite("Formulas")
struct ExpressionTests {
    private let pixels: [String: [Float]] = [
        "nir": [0.4, 0.5, 0.3, .nan], "red": [0.1, 0.5, 0, 0.2], "z": [0, 0, 0, 0],
    ]

    private func values(_ text: String) throws -> [Float] {
        try Expression(parsing: text).evaluate(count: 4) { pixels[$0] ?? [] }
    }

    /// Expected values from numpy 2.4 in float32.
    @Test(arguments: [
        ("(nir - red) / (nir + red)", [0.6, 0, 1, Float.nan]), ("nir - red - red", [0.2, -0.5, 0.3, .nan]),
        ("-red ** 2", [-0.01, -0.25, -0.0, -0.04]), ("2 * red + 1", [1.2, 2, 1, 1.4]),
        ("nir / z", [.nan, .nan, .nan, .nan]), ("where(nir > 0.35, 1, 0)", [1, 1, 0, .nan]),
        ("min(nir, red)", [0.1, 0.5, 0, .nan]), ("clamp(red, 0.1, 0.2)", [0.1, 0.2, 0.1, 0.2]),
        ("sqrt(red - 0.1)", [0, 0.632_455_5, .nan, 0.316_227_76]), ("abs(-red)", [0.1, 0.5, 0, 0.2]),
        ("red >= 0.1 and not red == 0.5", [1, 0, 0, 1]), ("exp(z) + log(exp(z))", [1, 1, 1, 1]),
    ])
    func `a formula gives what numpy gives, and NaN where it is not finite`(text: String, expected: [Float]) throws {
        let result = try values(text)
        #expect(result.count == expected.count)
        for (value, wanted) in zip(result, expected) {
            #expect(value.isNaN == wanted.isNaN && (value.isNaN || abs(value - wanted) < 1e-6), "\(result)")
        }
    }

    @Test(arguments: [
        ("(nir - red", "'(nir - red' at column 11: ')' is missing"),
        ("nir red", "'nir red' at column 5: an operator is missing"),
        ("nir +", "'nir +' at column 6: the formula ends too early"),
        ("sqr(nir)", "'sqr(nir)' at column 1: there is no function 'sqr'; did you mean 'sqrt'?"),
        ("min(nir)", "'min(nir)' at column 9: 'min' takes 2 values, not 1"),
        ("nir $ 2", "'nir $ 2' at column 5: '$' has no meaning here"),
    ])
    func `a broken formula names the column and the reason`(text: String, message: String) {
        let error = #expect(throws: ExpressionError.self) { try Expression(parsing: text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }
}
