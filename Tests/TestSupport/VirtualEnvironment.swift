import Foundation

/// One of the Python environments that `scripts/venv.sh` makes.
public enum VirtualEnvironment {
    /// The folder of its programs; nil where it cannot be made.
    public static func programs(of name: String) -> String? {
        let script = repository.appending(path: "scripts/venv.sh").path
        guard let made = try? run("/bin/sh", [script, name]), made.status == 0 else { return nil }
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines) + "/bin"
    }

    /// Its Python; the program named by the variable, where there is one, else the one that the script makes.
    static func python(of name: String, or variable: String) -> String? {
        ProcessInfo.processInfo.environment[variable] ?? programs(of: name).map { $0 + "/python" }
    }
}

/// Says in capitals which tests do not run, and why.
public func announceSkipped(_ tests: String, because reason: String) {
    let text = "!!! SKIPPED: \(tests.uppercased()) DO NOT RUN. \(reason) !!!\n"
    FileHandle.standardError.write(Data(text.utf8))
}
