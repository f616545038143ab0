import Foundation
import Jobs

/// The job types that the service offers: those of antares, and those that its users have described, in files.
actor DescriptionStore {
    private let folder: String
    private let builtIn: [String: JobDescription]
    private var own: [String: JobDescription] = [:]

    /// Reads the descriptions of a folder.
    ///
    /// - Throws: `ServiceError` for a folder that cannot be made or read, and for a file that holds no description.
    init(folder: String, builtIn: [JobDescription]) throws {
        self.folder = folder
        self.builtIn = Dictionary(builtIn.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".json") {
                let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
                let description = try JSONDecoder().decode(JobDescription.self, from: data)
                own[description.name] = description
            }
        } catch {
            throw ServiceError(.internal, "cannot read the job descriptions in '\(folder)': \(error)")
        }
    }

    subscript(name: String) -> JobDescription? { own[name] ?? builtIn[name] }

    var names: [String] { Set(own.keys).union(builtIn.keys).sorted() }
}
