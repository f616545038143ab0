import Foundation

/// Programs that others have made for UWS: pyvo, uws-client, STILTS.
///
/// Their Python is the program named by ANTARES_TEST_UWS, else the one that `scripts/venv.sh` makes.
public enum TestUWS {
    private static let python: String? = {
        let found = VirtualEnvironment.python(of: "uws", or: "ANTARES_TEST_UWS")
        if found == nil {
            announceSkipped("clients of UWS", because: "They cannot be installed (scripts/venv.sh uws).")
        }
        return found
    }()

    public static var isAvailable: Bool { python != nil }

    /// The folder with the official schema; nil where it cannot be had.
    public static let schema: String? = {
        let script = repository.appending(path: "scripts/uws-schema.sh").path
        if let made = try? TestSupport.run("/bin/sh", [script]), made.status == 0 {
            return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        announceSkipped("checks of documents against the schema of UWS 1.1", because: "scripts/uws-schema.sh failed.")
        return nil
    }()

    public static let hasTaplint: Bool = {
        let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/stilts")
        if !isThere { announceSkipped("taplint", because: "STILTS is not installed (scripts/setup.sh).") }
        return isThere
    }()

    /// The program schemathesis; nil where it cannot be installed.
    public static let schemathesis: String? = {
        let found = VirtualEnvironment.programs(of: "schemathesis").map { $0 + "/schemathesis" }
        if found == nil {
            announceSkipped(
                "requests by OpenAPI",
                because: "schemathesis cannot be installed (scripts/venv.sh schemathesis)."
            )
        }
        return found
    }()

    /// Runs one of the scripts of Tests/Python.
    public static func run(_ script: String, _ arguments: [String]) throws -> ShellResult {
        guard let python else { throw CocoaError(.fileNoSuchFile) }
        let path = repository.appending(path: "Tests/Python/\(script)").path
        return try TestSupport.run(python, ["-W", "ignore", path] + arguments)
    }
}

/// The description of a job type for tests: it sleeps, waits until a file is there, and fails when asked to.
///
/// It keeps parameters that it does not know.
public let sleepingJobType = """
    {
      "name": "sleep", "version": "1", "annotation": "Sleeps, for tests", "open": true, "executionDuration": 600,
      "parameters": {
        "seconds": {"datatype": "xs:double", "default": "0", "min": "0", "annotation": "How long"},
        "until": {"datatype": "xs:string", "annotation": "A file to wait for"},
        "fail": {"datatype": "xs:boolean", "annotation": "Whether to fail"}
      },
      "generated": {"result": {"content_type": "application/x-votable+xml", "default": "result"}},
      "script": \(sleepingScript)
    }
    """

/// As a JSON text.
private let sleepingScript = #"""
    "#!/bin/sh\necho starting\nsleep ${ANTARES_PARAM_SECONDS:-0}\nwhile [ -n \"$ANTARES_PARAM_UNTIL\" ] && [ ! -e \"$ANTARES_PARAM_UNTIL\" ]; do sleep 0.1; done\nif [ \"$ANTARES_PARAM_FAIL\" = true ]; then\n  echo 'it failed as asked' >&2\n  exit 3\nfi\nprintf '%s' '<VOTABLE version=\"1.3\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\"><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" value=\"OK\"/><TABLE><FIELD name=\"a\" datatype=\"int\"/><DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>' > result\n"
    """#
