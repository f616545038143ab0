import Documents
import TestSupport
import Testing

@Suite("YAML as PyYAML reads it")
struct YAMLTests {
    /// Expected values from PyYAML 6.0.3 (`yaml.safe_load`), timestamps apart, which stay text in the Open Data Cube.
    @Test(arguments: [
        ("yes", DocumentValue.bool(true)), ("off", .bool(false)), ("010", .integer(8)), ("0x1F", .integer(31)),
        ("12:30:45", .integer(45045)), ("1_000", .integer(1000)), ("1e3", .string("1e3")), ("1.0e+3", .double(1000)),
        ("090084", .string("090084")), ("010010", .integer(4104)), ("~", .null), (".inf", .double(.infinity)),
        ("2020-01-01", .string("2020-01-01")), ("2020-01-01T10:00:00Z", .string("2020-01-01T10:00:00Z")),
        ("0b101", .integer(5)), ("-0x1F", .integer(-31)), ("1.5", .double(1.5)), ("'010'", .string("010")),
        ("1:30.5", .double(90.5)), ("+12", .integer(12)), ("0", .integer(0)), ("1.", .double(1)),
        ("._5", .string("._5")), (".5", .double(0.5)), ("-.5", .string("-.5")), ("1.e+3", .double(1000)),
        ("08", .string("08")), ("EPSG:32613", .string("EPSG:32613")), ("\"yes\"", .string("yes")),
    ])
    func `a plain scalar means what PyYAML takes it for`(text: String, value: DocumentValue) throws {
        let document = try #require(try YAML.parse("key: \(text)", origin: "test").first)
        #expect(document.value["key"] == value)
    }

    @Test func `keys become strings by Python's spelling, and the last of equal keys wins`() throws {
        let document = try #require(try YAML.parse("{0: a, true: b, ~: c, 1.5: d, x: 1, x: 2}", origin: "test").first)
        #expect(document.value == ["0": "a", "True": "b", "None": "c", "1.5": "d", "x": 2])
    }

    @Test func `anchors and merge keys are resolved, own keys first`() throws {
        let text = """
            base: &base {a: 1, b: 2}
            other:
              <<: *base
              b: 3
            """
        let document = try #require(try YAML.parse(text, origin: "test").first)
        #expect(document.value["other"] == ["a": 1, "b": 3])
    }

    @Test func `several documents keep their numbers, and empty ones are left out`() throws {
        let documents = try YAML.parse("a: 1\n---\n---\nb: 2\n", origin: "test")
        #expect(documents.map(\.part) == [0, 2])
        #expect(documents.map(\.value) == [["a": 1], ["b": 2]])
    }

    @Test func `broken YAML names file and line`() throws {
        let error = #expect(throws: DocumentError.self) { try YAML.parse("a: 1\nb: [1, 2\nc: 3", origin: "x.yaml") }
        #expect(error?.description.hasPrefix("x.yaml:3: is no valid YAML") == true)
    }

    @Test func `a missing file is named`() throws {
        let error = #expect(throws: DocumentError.self) { try YAML.parse(file: "/nowhere/x.yaml") }
        #expect(error?.description == "/nowhere/x.yaml: does not exist.")
    }

    @Test func `what is written reads back unchanged`() throws {
        let value: DocumentValue = [
            "text": "a: b", "number": "010", "word": "yes", "date": "2017-01-05", "empty": "", "quote": "it's \"x\"\n",
            "list": ["a", ["b": 1, "c": [1, 2]], []], "numbers": [1, 2.5, -9999, 1e-5, 1e20],
            "ring": [[1.5, 2], [3, 4]],
            "nothing": nil, "object": [:], "flag": true, "path": "/a b/c_d.tif", "inf": .double(-.infinity),
        ]
        let documents = try YAML.parse(YAMLText.write(value), origin: "test")
        #expect(documents.map(\.value) == [value])
    }
}
