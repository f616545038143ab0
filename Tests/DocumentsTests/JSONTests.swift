import Documents
import TestSupport
import Testing

@Suite("JSON")
struct JSONTests {
    @Test func `whole numbers and reals stay apart`() throws {
        let value = try JSONText.parse("[30, 30.0, 2.75e-05, -1]", origin: "test")
        #expect(value == [30, 30.0, 2.75e-05, -1])
        #expect(value.array?[0] == .integer(30) && value.array?[1] == .double(30))
        #expect(JSONText.write(value) == "[30,30.0,2.75e-05,-1]")
    }

    @Test func `escapes and surrogate pairs are read`() throws {
        let value = try JSONText.parse(#""a\n\u00e9\ud83d\ude00\/""#, origin: "test")
        #expect(value == "a\n\u{E9}\u{1F600}/")
    }

    @Test func `numbers that are not finite become texts`() {
        #expect(JSONText.write([.double(.nan), .double(-.infinity)]) == #"["NaN","-Infinity"]"#)
    }

    @Test(arguments: [("{\"a\": }", 1), ("[1,\n2,\n", 3), ("{\"a\": 1} x", 1), ("\"abc", 1), ("nul", 1)])
    func `broken JSON names the line`(text: String, line: Int) {
        let error = #expect(throws: DocumentError.self) { try JSONText.parse(text, origin: "x.json") }
        #expect(error?.line == line)
    }

    @Test func `keys keep their order, or are sorted by bytes on request`() throws {
        let value = try JSONText.parse(#"{"b": 1, "a": 2, "B": 3}"#, origin: "test")
        #expect(JSONText.write(value) == #"{"b":1,"a":2,"B":3}"#)
        #expect(JSONText.write(value, sortedKeys: true) == #"{"B":3,"a":2,"b":1}"#)
    }
}
