import Foundation

/// The Python of an environment with scikit-image and rio-cogeo.
///
/// It is the program named by ANTARES_TEST_IMAGE, else the one that `scripts/image-venv.sh` makes.
public enum TestImage {
    /// False where there is none and none can be made: then tests are skipped, and this says so in capitals.
    public static let isAvailable: Bool = {
        if program != nil { return true }
        let text =
            "!!! SKIPPED: TESTS AGAINST SCIKIT-IMAGE AND RIO-COGEO DO NOT RUN, THEY CANNOT BE INSTALLED (scripts/image-venv.sh). !!!\n"
        FileHandle.standardError.write(Data(text.utf8))
        return false
    }()

    /// Runs a Python file with the arguments after it.
    public static func run(file: String, _ arguments: [String]) throws -> ShellResult {
        guard let program else { throw CocoaError(.fileNoSuchFile) }
        return try TestSupport.run(program, [file] + arguments)
    }

    private static let program: String? = {
        if let named = ProcessInfo.processInfo.environment["ANTARES_TEST_IMAGE"] { return named }
        let script = repository.appending(path: "scripts/image-venv.sh").path
        guard let made = try? TestSupport.run("/bin/sh", [script]), made.status == 0 else { return nil }
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines) + "/bin/python"
    }()
}
