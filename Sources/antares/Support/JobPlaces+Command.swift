public import ArgumentParser
import ClusterExec
import DatacubeIndex
import Documents
import Foundation
import Ingest
import JobService
public import Jobs
import Raster

/// On a command line it is one JSON object.
extension JobPlaces: ExpressibleByArgument {
    public init?(argument: String) {
        guard let places = try? JSONDecoder().decode(JobPlaces.self, from: Data(argument.utf8)) else { return nil }
        self = places
    }

    /// The word that lets a command keep to these places and to its job's own folder.
    func word(_ folder: JobFolder) -> String {
        let lists = [("reads", reads), ("writes", writes)].map { key, list in
            (key: key, value: DocumentValue.array((list + [folder.path]).map { .string($0) }))
        }
        let others = [
            (key: "fixed", value: DocumentValue.array([])), (key: "isPublicOnly", value: .bool(isPublicOnly)),
        ]
        return "--places=" + JSONText.write(.object(DocumentObject(lists + others)))
    }

    /// - Throws: `JobError` for a parameter that names a file elsewhere, or a document that writes elsewhere.
    func check(_ job: Job, _ folder: JobFolder) throws(JobError) {
        if let (parameter, word) = objection(to: job.parameters, ofJobIn: folder.path) {
            let reason = "'\(word)' is not below a folder that the job may read (\(reads.joined(separator: ", ")))."
            throw JobError(.invalid(parameter: parameter, reason: reason), job: job.id)
        }
        for parameter in job.parameters where !parameter.isByReference && !fixed.contains(parameter.id) {
            for word in Self.words(parameter.value) {
                guard let reason = objection(toAddress: word) else { continue }
                throw JobError(.invalid(parameter: parameter.id, reason: reason), job: job.id)
            }
        }
        if let (parameter, path) = objection(toOutputsOf: job, folder) {
            let known = writes.joined(separator: ", ")
            let reason =
                "its document writes to '\(path)', which is not below a folder that the job may write (\(known))."
            throw JobError(.invalid(parameter: parameter, reason: reason), job: job.id)
        }
    }

    /// Why an address of the web may not be fetched; nil for one that may, and for what is none.
    func objection(toAddress text: String) -> String? {
        guard isPublicOnly, text.wholeMatch(of: #/https?:\/\/\S+/#.ignoresCase()) != nil else { return nil }
        return PublicAddresses.objection(to: text)
    }

    /// What the document of an ingestion says of outputs elsewhere.
    ///
    /// - Returns: The parameter that names it, and the place; nil for none, and for a document that cannot be read.
    func objection(toOutputsOf job: Job, _ folder: JobFolder) -> (parameter: String, path: String)? {
        let names = ["config-file", "config_file"]
        guard job.kind == "ingest", !fixed.contains(where: names.contains),
            let parameter = job.parameters.first(where: { names.contains($0.id.lowercased()) })
        else { return nil }
        let path = parameter.value.hasPrefix("/") ? parameter.value : "\(folder.results)/\(parameter.value)"
        guard let document = try? YAML.parse(file: path).first, let config = try? IngestionConfig(document) else {
            return nil
        }
        let place = ObjectStore.join(config.location, config.filePathTemplate)
        let writable = PermittedFolders(writes + [folder.path])
        guard writable.permit(place, relativeTo: folder.results) else { return (parameter.id, place) }
        // Tiles would go to whoever answers there.
        if let address = config.endpoint?.address, !writes.contains(address) { return (parameter.id, address) }
        return nil
    }

    /// Holds files that users brought to what they may read, in this process: a VRT among them leads nowhere else.
    func restrictBroughtFiles() {
        let folders = PermittedFolders(reads + writes)
        // In an archive or not.
        @Sendable func plain(_ name: String) -> String {
            String(name.trimmingPrefix(#/(\/vsi(zip|tar|gzip|7z|subfile)\/)+/#))
        }
        BroughtFiles.restrict(
            isBrought: { folders.permit(plain($0), relativeTo: FileManager.default.currentDirectoryPath) },
            mayRefer: { folders.permit(plain($0), relativeTo: plain($1)) }
        )
    }

    /// What of a dataset's document names a file outside of what may be read: it would be read by whoever asks for pixels.
    func objection(to candidate: DatasetCandidate) -> DocumentError? {
        let folders = PermittedFolders(reads)
        let base = URL(string: candidate.location).flatMap { $0.isFileURL ? $0.deletingLastPathComponent().path : nil }
        func reason(_ text: String) -> String? {
            if let reason = objection(toAddress: text) { return "cannot be used: \(reason)" }
            guard !folders.permit(text, relativeTo: base) else {
                let path = text.hasPrefix("/") ? text : base.map { "\($0)/\(text)" }
                guard let path, VirtualFolder.kind(path) == .file else { return nil }
                do { _ = try BroughtFiles.check(path) } catch { return "cannot be used: \(error)" }
                return nil
            }
            return "names the file '\(text)', which is not below a folder that the job may read "
                + "(\(reads.joined(separator: ", ")))"
        }
        func find(_ value: DocumentValue, _ key: String) -> String? {
            switch value {
            case .object(let object):
                for entry in object { if let found = find(entry.value, entry.key) { return found } }
            case .array(let list):
                for element in list { if let found = find(element, key) { return found } }
            case .string(let text) where ["path", "href", "location", "locations", "uri", "uris"].contains(key):
                // What is relative to an address on the web is on the web.
                return reason(text)
            default: break
            }
            return nil
        }
        let text = reason(candidate.location) ?? find(candidate.document.value, "")
        return text.map { candidate.document.root.failure($0) }
    }
}

extension Result<DatasetCandidate, DocumentError> {
    /// The same, or why it may not be indexed by a job that has to keep to some places.
    func kept(to places: JobPlaces?) -> Self {
        flatMap { candidate in places?.objection(to: candidate).map { .failure($0) } ?? .success(candidate) }
    }
}

extension CommonOptions {
    /// Where a job of the service has to write; nil for anywhere.
    var writable: [String]? { places?.writes }

    /// - Throws: `CommandFailure` for a folder that the job may not write to.
    func checkWriting(_ folders: [String]) throws {
        guard let writable else { return }
        let permitted = PermittedFolders(writable)
        let here = FileManager.default.currentDirectoryPath
        guard let other = folders.first(where: { !permitted.permit($0.isEmpty ? here : $0, relativeTo: here) }) else {
            return
        }
        throw CommandFailure(
            .usage,
            "'\(other)' is not below a folder that this job may write to (\(writable.joined(separator: ", "))). "
                + "Name one of these, or ask for it to be listed as output_folders in the service file."
        )
    }
}
