import Foundation
import Spawn

/// A program that goes on when this one, and the terminal it was started from, has ended.
enum DetachedProgram {
    /// - Parameters:
    ///   - words: The program's path and its arguments.
    ///   - log: Where its output goes, at the end of what is there.
    /// - Throws: `CommandFailure` where it cannot be started.
    static func start(_ words: [String], log: String) throws {
        do throws(SpawnError) {
            _ = try spawn(
                words,
                streams: [1: .file(log, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644), 2: .descriptor(1)],
                group: .session
            )
        } catch {
            throw CommandFailure(.failed, "cannot start '\(error.program)': \(error.reason).")
        }
    }
}
