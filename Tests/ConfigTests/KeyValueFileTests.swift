import Testing

@testable import Config

/// Expected values: python-dotenv 1.0 on the same lines.
@Suite struct KeyValueFileTests {
    @Test(arguments: [
        ("A=1", "1"), ("A = 1 ", "1"), ("export A=1", "1"), ("A='a # b'", "a # b"), ("A=\"a\\nb\"", "a\nb"),
        ("A=a # comment", "a"), ("A=a#b", "a#b"), ("A=", ""), ("A=${HOME}/x", "/home/u/x"), ("A=${NONE:-d}", "d"),
        ("B=1\nA=${B}2", "12"), ("A=1\nA=2", "2"), ("# A=0\n\nA=1\r", "1"), ("A='${HOME}'", "${HOME}"),
    ]) func `a line has the value that python-dotenv gives it`(text: String, value: String) throws {
        let file = try KeyValueFile(path: "f", text: text, environment: ["HOME": "/home/u"])
        #expect(file["A"]?.value == value)
    }

    @Test func `a line without an equals sign is named`() {
        #expect(throws: ConfigError("f:2", "'nonsense' is not KEY=VALUE", hint: "Write # before a comment.")) {
            try KeyValueFile(path: "f", text: "A=1\nnonsense\n", environment: [:])
        }
    }

    @Test func `an open quotation mark is named`() {
        #expect(throws: ConfigError("f:1", "the value of A has no closing quotation mark")) {
            try KeyValueFile(path: "f", text: "A='x", environment: [:])
        }
    }
}
