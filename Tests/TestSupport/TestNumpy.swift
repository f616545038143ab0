import Foundation

/// The Python of an environment with numpy, scipy and, where it can be built, hdstats.
///
/// It is the program named by ANTARES_TEST_NUMPY, else the one that `scripts/venv.sh` makes.
public enum TestNumpy {
    /// False where there is none and none can be made: then suites are skipped, and this says so in capitals.
    public static let isAvailable: Bool = {
        if program != nil { return true }
        announceSkipped("tests of reducers against numpy", because: "It cannot be installed (scripts/venv.sh).")
        return false
    }()

    /// Runs a Python file with the arguments after it.
    public static func run(file: String, _ arguments: [String]) throws -> ShellResult {
        guard let program else { throw CocoaError(.fileNoSuchFile) }
        return try TestSupport.run(program, [file] + arguments)
    }

    private static let program = VirtualEnvironment.python(of: "numpy", or: "ANTARES_TEST_NUMPY")
}
