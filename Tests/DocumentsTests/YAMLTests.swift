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
        ("null", .null), ("NULL", .null), ("n", .string("n")), ("on", .bool(true)), ("oN", .string("oN")),
        ("tRue", .string("tRue")), ("True", .bool(true)), ("1__0", .integer(10)), ("_1", .string("_1")),
        ("+0x1F", .integer(31)), ("0x1F_", .integer(31)), ("0x", .string("0x")), ("0o7", .string("0o7")),
        ("00", .integer(0)), ("0_7", .integer(7)), ("190:20:30", .integer(685230)), ("1:60", .string("1:60")),
        ("12:3:4", .integer(43384)), (".5e+1", .double(5)), ("1.5e3", .string("1.5e3")), ("1.5E-3", .double(0.0015)),
        ("1_0.5", .double(10.5)), ("5.", .double(5)), ("-.inf", .double(-.infinity)), ("+.inf", .double(.infinity)),
        ("-.nan", .string("-.nan")), ("+1.5", .double(1.5)), ("-12", .integer(-12)), ("-12.50", .double(-12.5)),
        ("-0", .integer(0)), ("0.0", .double(0)), ("00.5", .double(0.5)), ("01.5", .double(1.5)),
        ("1:2.5", .double(62.5)), ("0777", .integer(511)), ("-0777", .integer(-511)), ("0b1_0", .integer(2)),
        ("-0b11", .integer(-3)), ("0b12", .string("0b12")), ("0xG", .string("0xG")), ("1.2.3", .string("1.2.3")),
        ("1-2", .string("1-2")), ("1e+3", .string("1e+3")), ("-1.5", .double(-1.5)),
        // Python's whole numbers have no limit; ours of more than 64 bits become reals.
        ("12345678901234567890", .double(12345678901234567168)), ("-99999999999999999999", .double(-1e20)),
        ("0xFFFFFFFFFFFFFFFFF", .double(295147905179352825856)),
        ("99999999999999999999:1:2", .double(359999999999999983222784)),
        ("08", .string("08")), ("EPSG:32613", .string("EPSG:32613")), ("\"yes\"", .string("yes")),
    ])
    func `a plain scalar means what PyYAML takes it for`(text: String, value: DocumentValue) throws {
        let document = try #require(try YAML.parse("key: \(text)", origin: "test").first)
        #expect(document.value["key"] == value)
    }

    @Test(arguments: [".nan", ".NaN", ".NAN"]) func `not a number is read as such`(text: String) throws {
        let value = try #require(try YAML.parse("key: \(text)", origin: "test").first).value["key"]
        #expect(value?.double?.isNaN == true && value?.string == nil)
    }

    @Test func `aliases that stand for too much are refused before they fill the memory`() throws {
        // Each line stands for nine times the one before: 9^20 texts in all.
        let lines = (1...20).map {
            "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ", "))]"
        }
        let text = "a0: &a0 text\n" + lines.joined(separator: "\n")
        let error = #expect(throws: DocumentError.self) { try YAML.parse(text, origin: "bomb.yaml") }
        #expect(error?.description.contains("holds aliases that stand for too much") == true)
        #expect(error?.line ?? 0 > 1)
    }

    @Test func `a document that is nested too deeply is refused`() throws {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: DocumentError.self) { try YAML.parse(text, origin: "deep.yaml") }
        #expect(throws: DocumentError.self) { try JSONText.parse(text, origin: "deep.json") }
    }

    @Test func `mappings of many keys keep order and values when keys go and come`() throws {
        var object = DocumentObject()
        for number in 0..<40 { object["k\(number)"] = .integer(number) }
        for number in stride(from: 0, to: 40, by: 3) { object["k\(number)"] = DocumentValue?.none }
        object["k0"] = "again"
        #expect(object.keys.first == "k1" && object.keys.last == "k0" && object.count == 27)
        #expect(object["k38"] == 38 && object["k39"] == nil && object["k0"] == "again")
        var other = DocumentObject()
        for entry in object.reversed() { other[entry.key] = entry.value }
        #expect(other == object && other.hashValue == object.hashValue)
        other["k1"] = nil
        #expect(other != object)
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
