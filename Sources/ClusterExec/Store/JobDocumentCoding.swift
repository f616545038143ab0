import Foundation
import Jobs

/// The stored form of a job, the same in every store.
extension Job {
    func storedText() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// - Throws: `JobStoreError` for a text that holds no job.
    init(stored text: String, id: String) throws {
        do {
            self = try JSONDecoder().decode(Job.self, from: Data(text.utf8))
        } catch {
            throw JobStoreError(.unreadable, id, reason: "\(error)")
        }
    }
}
