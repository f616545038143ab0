import Foundation
import Mustache

/// The templates and assets of the web pages, which come with the program.
struct PageFiles: Sendable {
    /// Holds `templates` and `assets`.
    let folder: String
    let library: MustacheLibrary

    /// Finds and reads them.
    ///
    /// They are `web` in the folder named by the environment variable ANTARES_SHARE, in `share/antares` of the
    /// installation, or in the source tree that the program was built in.
    /// - Throws: `ServiceError` where they are nowhere, and for a template with a mistake.
    init() async throws {
        var candidates: [String] = []
        if let share = ProcessInfo.processInfo.environment["ANTARES_SHARE"], !share.isEmpty {
            candidates.append("\(share)/web")
        }
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        candidates.append(program.appending(path: "antares_JobService.resources/Resources").path)
        var place = program
        while place.path != "/" {
            candidates.append(place.appending(path: "share/antares/web").path)
            candidates.append(place.appending(path: "Sources/JobService/Resources").path)
            place.deleteLastPathComponent()
        }
        let found = candidates.first { FileManager.default.fileExists(atPath: "\($0)/templates/layout.mustache") }
        guard let found else {
            throw ServiceError(
                .internal,
                "the web pages that come with the program are not found near '\(program.path)'. "
                    + "Install with `make install`, or set ANTARES_SHARE to the folder that holds web."
            )
        }
        folder = found
        do {
            library = try await MustacheLibrary(directory: found + "/templates")
        } catch {
            throw ServiceError(.internal, "cannot read the templates in '\(found)/templates': \(error)")
        }
    }
}
