import Foundation

/// The Python of an environment with scikit-image and rio-cogeo.
///
/// It is the program named by ANTARES_TEST_IMAGE, else the one that `scripts/venv.sh` makes.
public enum TestImage {
    /// False where there is none and none can be made: then tests are skipped, and this says so in capitals.
    public static let isAvailable: Bool = {
        if program != nil { return true }
        announceSkipped(
            "tests against scikit-image and rio-cogeo",
            because: "They cannot be installed (scripts/venv.sh image)."
        )
        return false
    }()

    /// Runs a Python file with the arguments after it.
    public static func run(file: String, _ arguments: [String]) throws -> ShellResult {
        guard let program else { throw CocoaError(.fileNoSuchFile) }
        return try TestSupport.run(program, [file] + arguments)
    }

    private static let program = VirtualEnvironment.python(of: "image", or: "ANTARES_TEST_IMAGE")
}
