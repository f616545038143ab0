import Documents
import Ingest
import Testing

extension SceneReader {
    /// The document of a scene that gives one.
    func only(_ path: String, options: SceneOptions) throws -> DocumentValue {
        let documents = try prepare(path, options: options)
        try #require(documents.count == 1)
        return documents[0]
    }
}
