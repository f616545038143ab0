import ClusterExec
import Foundation
import Jobs

extension JobCreation {
    /// Where the jobs of somebody may read and write.
    ///
    /// - Parameters:
    ///   - identity: Whose jobs.
    ///   - fixed: Names of parameters that the service file gives.
    /// - Returns: The folders that the service file lists for such a person.
    func places(of identity: Identity, fixed: Set<String> = []) -> JobPlaces {
        let options = parts.options
        let more = identity.isAdministrator ? options.administratorFolders : []
        return JobPlaces(
            reads: options.dataFolders + more,
            writes: options.outputFolders + more,
            isPublicOnly: !options.allowsPrivateAddresses,
            fixed: fixed
        )
    }

    /// Refuses what a request wants to be read that its sender may not read through the service.
    ///
    /// - Parameters:
    ///   - parameters: As the request gives them.
    ///   - job: The job's name.
    ///   - description: Its type; scripts of users get their files put in place, and no paths.
    ///   - places: Where the job may read and write.
    /// - Throws: `ServiceError` that names parameter and path.
    func checkPlaces(
        _ parameters: [JobParameter],
        ofJob job: String,
        _ description: JobDescription,
        _ places: JobPlaces
    ) async throws {
        guard !description.isScript else { return }
        if let (parameter, word) = places.objection(to: parameters, ofJobIn: parts.launcher.newFolder(job)) {
            throw Self.refusal(
                parameter,
                "'\(word)' is not below a folder that requests may name. \(Self.listed(places.reads)) as data_folders",
                "Send the file along instead, or ask for its folder to be listed."
            )
        }
        for parameter in parameters where !parameter.isByReference {
            for word in JobPlaces.words(parameter.value)
            where word.wholeMatch(of: #/https?:\/\/\S+/#.ignoresCase()) != nil {
                try await AddressFetch(parts.options).check(word)
            }
        }
    }

    /// Refuses a job whose documents say that outputs go where its owner may not write.
    ///
    /// - Parameters:
    ///   - job: With parameters that may name documents, which are there by now.
    ///   - places: Where it may read and write.
    /// - Throws: `ServiceError` that names parameter and path.
    func checkOutputs(of job: Job, _ places: JobPlaces) throws {
        guard let (parameter, path) = parts.launcher.objection(toOutputsOf: job, places) else { return }
        throw Self.refusal(
            parameter,
            "its document writes to '\(path)', which is not below a folder that outputs may go to. "
                + "\(Self.listed(places.writes)) as output_folders",
            "Name one of these, or ask for the folder to be listed."
        )
    }

    private static func refusal(_ parameter: String, _ reason: String, _ hint: String) -> ServiceError {
        ServiceError(
            .forbidden,
            "parameter '\(parameter)': \(reason) in the service file. \(hint)",
            field: parameter
        )
    }

    private static func listed(_ folders: [String]) -> String {
        folders.isEmpty
            ? "None is listed" : "\(folders.joined(separator: ", ")) \(folders.count == 1 ? "is" : "are") listed"
    }
}
