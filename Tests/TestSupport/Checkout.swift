import Foundation

/// A program that has a public repository alone, as `scripts/checkout.sh` fetches it.
public enum Checkout {
    /// Its folder; nil, and said so, where it cannot be had.
    public static func folder(of name: String) -> String? {
        let script = repository.appending(path: "scripts/checkout.sh").path
        if let made = try? run("/bin/sh", [script, name]), made.status == 0 {
            return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        announceSkipped("tests by \(name)", because: "Its repository cannot be fetched (scripts/checkout.sh \(name)).")
        return nil
    }
}
