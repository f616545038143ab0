import Foundation

/// The Python of an environment with numpy, scipy and, where it can be built, hdstats.
///
/// It is the program named by ANTARES_TEST_NUMPY, else the one that `scripts/numpy-venv.sh` makes.
public enum TestNumpy {
    /// False where there is none and none can be made: then suites are skipped, and this says so in capitals.
    public static let isAvailable: Bool = {
        if program != nil { return true }
        let text =
            "!!! SKIPPED: TESTS OF REDUCERS AGAINST NUMPY DO NOT RUN, IT CANNOT BE INSTALLED (scripts/numpy-venv.sh). !!!\n"
        FileHandle.standardError.write(Data(text.utf8))
        return false
    }()

    /// Runs a Python file with the arguments after it.
    public static func run(file: String, _ arguments: [String]) throws -> ShellResult {
        guard let program else { throw CocoaError(.fileNoSuchFile) }
        return try TestSupport.run(program, [file] + arguments)
    }

    private static let program: String? = {
        if let named = ProcessInfo.processInfo.environment["ANTARES_TEST_NUMPY"] { return named }
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let script = folder.appending(path: "scripts/numpy-venv.sh").path
        guard let made = try? TestSupport.run("/bin/sh", [script]), made.status == 0 else { return nil }
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines) + "/bin/python"
    }()
}
