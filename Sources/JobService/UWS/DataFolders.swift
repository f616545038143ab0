import Foundation
import Jobs

/// Which files of this machine requests may name: those below some folders, and those of the job itself.
///
/// The commands of antares read with the rights of the service's user, so that what a request names decides what its
/// sender gets to see.
struct DataFolders: Sendable {
    /// Folders, and beginnings of addresses in object stores, `s3://scenes/2026`.
    let permitted: [String]

    /// Parameters whose values are conditions and patterns, in small letters: never names of files.
    private static let conditions: Set<String> = ["filter", "query", "pattern", "name-pattern"]

    /// What of the parameters is outside.
    ///
    /// - Parameters:
    ///   - parameters: As a request gives them.
    ///   - job: The job's own folder.
    /// - Returns: The first parameter and word of it that names a file elsewhere; nil for none.
    func objection(to parameters: [JobParameter], ofJobIn job: String) -> (parameter: String, word: String)? {
        for parameter in parameters where !parameter.isByReference {
            let name = parameter.id.lowercased().replacing("_", with: "-")
            if Self.conditions.contains(name) { continue }
            let given = name == "bucket" ? ["s3://\(parameter.value)/"] : Self.words(parameter.value)
            for word in given where !isPermitted(word, job) { return (parameter.id, word) }
        }
        return nil
    }

    /// A value as a whole, and each word of it, where it may be a list.
    static func words(_ value: String) -> [String] {
        [value] + (JobParameter.list(value) ?? value.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    private func isPermitted(_ word: String, _ job: String) -> Bool {
        var path = String(word.trimmingPrefix("@"))
        if let match = path.prefixMatch(of: #/([A-Za-z][A-Za-z0-9+.-]+):/#) {
            let scheme = match.1.lowercased()
            if scheme == "http" || scheme == "https" { return true }
            guard scheme == "file" else {
                // A store's address, or GDAL's way to name a part of a file.
                guard path.contains("/"), !scheme.hasPrefix("epsg") else { return true }
                return permitted.contains("/")
                    || (!path.contains("..") && permitted.contains { $0.contains("://") && Self.isBelow(path, $0) })
            }
            path = URL(string: path)?.path ?? "/"
        }
        let parts = path.split(separator: "/")
        guard path.hasPrefix("/") || path.hasPrefix("~") || parts.contains("..") else {
            // A name in the job's own folder, where it is one.
            return true
        }
        guard !path.hasPrefix("~") else { return permitted.contains("/") }
        let whole = Self.resolved(path.hasPrefix("/") ? path : "\(job)/results/\(path)")
        return ([job] + permitted.filter { $0.hasPrefix("/") }).contains { Self.isBelow(whole, Self.resolved($0)) }
    }

    private static func isBelow(_ path: String, _ folder: String) -> Bool {
        let beginning = folder.hasSuffix("/") ? folder : folder + "/"
        return path == folder || path.hasPrefix(beginning)
    }

    /// A path without symbolic links and dots, as far as it exists.
    static func resolved(_ path: String) -> String {
        var known = path
        var rest: [String] = []
        while true {
            if let real = realpath(known, nil) {
                defer { free(real) }
                let whole = ([String(cString: real)] + rest.reversed()).joined(separator: "/")
                return (whole as NSString).standardizingPath
            }
            let folder = (known as NSString).deletingLastPathComponent
            guard folder != known, !folder.isEmpty else { return (path as NSString).standardizingPath }
            rest.append((known as NSString).lastPathComponent)
            known = folder
        }
    }
}

extension JobCreation {
    /// Refuses what a request wants to be read that its sender may not read through the service.
    ///
    /// - Parameters:
    ///   - parameters: As the request gives them.
    ///   - job: The job's name.
    ///   - description: Its type; scripts of users get their files put in place, and no paths.
    ///   - isAdministrator: Of the sender.
    /// - Throws: `ServiceError` that names parameter and path.
    func checkPlaces(
        _ parameters: [JobParameter],
        ofJob job: String,
        _ description: JobDescription,
        isAdministrator: Bool
    ) async throws {
        guard !description.isScript else { return }
        let options = parts.options
        let permitted = options.dataFolders + (isAdministrator ? options.administratorFolders : [])
        let folders = DataFolders(permitted: permitted)
        if let (parameter, word) = folders.objection(to: parameters, ofJobIn: parts.launcher.newFolder(job)) {
            let known =
                permitted.isEmpty
                ? "None is" : "\(permitted.joined(separator: ", ")) \(permitted.count == 1 ? "is" : "are")"
            throw ServiceError(
                .forbidden,
                "parameter '\(parameter)': '\(word)' is not below a folder that requests may name. \(known) listed as "
                    + "data_folders in the service file. Send the file along instead, or ask for its folder to be listed.",
                field: parameter
            )
        }
        for parameter in parameters where !parameter.isByReference {
            for word in DataFolders.words(parameter.value)
            where word.wholeMatch(of: #/https?://\S+/#.ignoresCase()) != nil {
                try await AddressFetch(options).check(word)
            }
        }
    }
}
