import ClusterExec
import Foundation
import Jobs

extension JobCreation {
    /// Makes the folder of a job that is about to be asked to run; of a user's job type, with its program and its inputs.
    ///
    /// Inputs are uploads, files of earlier jobs by their identifiers, and addresses, which are fetched now.
    /// - Throws: `ServiceError` and `JobError` for an input that cannot be put in place.
    func prepare(_ job: Job, _ description: JobDescription) async throws {
        let folder = JobFolder(parts.launcher.folder(of: job))
        try folder.create()
        guard let script = description.script else { return }
        let program = "\(folder.path)/script"
        // Without a first line that says what reads it, it is bash, which stops at the first failure, as with OPUS.
        let text = script.hasPrefix("#!") ? script : "#!/bin/bash -e\n" + script
        try Data(text.utf8).write(to: URL(fileURLWithPath: program), options: .atomic)
        chmod(program, 0o755)
        let inputs = try await placeInputs(of: job, description)
        var request = ScriptRequest(program: program, inputs: inputs.map(\.path))
        var names: Set<String> = []
        for input in inputs {
            let file = (input.path as NSString).lastPathComponent
            let name = names.insert(file).inserted ? file : "\(input.name)-\(file)"
            request.links[name] = input.path
            request.values[input.name] = input.path
            request.environment[input.name] = "\(ScriptTask.inputFolder)/\(name)"
        }
        for parameter in job.parameters where request.environment[parameter.id] == nil {
            request.environment[parameter.id] = parameter.value
        }
        for result in description.results {
            let pattern = job.value(of: result.name).flatMap { $0.isEmpty ? nil : $0 } ?? result.pattern ?? result.name
            if let reason = ResultDescription.objection(to: pattern) {
                throw JobError(.invalid(parameter: result.name, reason: reason), job: job.kind)
            }
            request.results.append(
                .init(result.name, pattern: pattern, contentType: result.contentType.isEmpty ? nil : result.contentType)
            )
            request.environment[result.name] = pattern
        }
        // Plain names, as OPUS's scripts expect them, for what is described alone: nobody sets PATH by a parameter.
        let described = Set(description.allParameters.map(\.name) + description.results.map(\.name))
        request.environment = request.environment.filter {
            described.contains($0.key) && JobDescription.isVariable($0.key)
        }
        // With it the job's own programs may report states, from the networks of job_servers.
        let secret = Accounts.makeWord()
        let file = ClusterEventRoutes.secretFile(folder.path)
        try Data(secret.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        chmod(file, 0o600)
        request.environment["ANTARES_EVENT_SECRET"] = secret
        try folder.write(request)
    }

    private struct PlacedInput { let name: String, path: String }

    private func placeInputs(of job: Job, _ description: JobDescription) async throws -> [PlacedInput] {
        var placed: [PlacedInput] = []
        for parameter in job.parameters {
            if parameter.isByReference {
                if let path = EntityStore.path(parameter.value) {
                    try await parts.entities.addInput(parameter.id, path, of: job, from: nil)
                    placed.append(PlacedInput(name: parameter.id, path: path))
                }
                continue
            }
            guard let input = description.input(parameter.id), !parameter.value.isEmpty else { continue }
            if let entity = try await entity(parameter.value, for: job) {
                try await parts.entities.addInput(parameter.id, entity.path, of: job, from: entity.id)
                placed.append(PlacedInput(name: parameter.id, path: entity.path))
            } else if let address = address(parameter.value, input) {
                let name = try await AddressFetch(parts.options).fetch(
                    address,
                    into: "\(uploadFolder(job.id))/\(parameter.id)"
                )
                let path = "\(uploadFolder(job.id))/\(parameter.id)/\(name)"
                try await parts.entities.addInput(parameter.id, path, of: job, from: address)
                placed.append(PlacedInput(name: parameter.id, path: path))
            } else if input.isFile, parameter.value != input.defaultValue {
                throw JobError(
                    .invalid(
                        parameter: parameter.id,
                        reason: "'\(parameter.value)' is neither a file sent along, nor the identifier of a result, "
                            + "nor an http address."
                    ),
                    job: job.kind
                )
            }
        }
        return placed
    }

    /// A file of an earlier job by its identifier or its address here, where the job's owner may see it.
    private func entity(_ text: String, for job: Job) async throws -> Entity? {
        let id = text.firstMatch(of: #/[?&]ID=([^&#]+)$/#).map { String($0.1).removingPercentEncoding ?? "" } ?? text
        guard let entity = try await parts.entities.find(id) else { return nil }
        guard entity.owner == job.ownerID else {
            throw ServiceError(.forbidden, "the file '\(id)' is somebody else's.")
        }
        guard FileManager.default.fileExists(atPath: entity.path) else {
            throw ServiceError(.notFound, "the file '\(id)' is not there any more.")
        }
        return entity
    }

    /// Where a value is fetched from: the value itself, or the description's address with it; nil for no address.
    private func address(_ value: String, _ input: InputDescription) -> String? {
        if value.wholeMatch(of: #/https?://.+/#.ignoresCase()) != nil { return value }
        guard input.url.contains("$ID"), !input.isFile else { return nil }
        let allowed = CharacterSet(charactersIn: "-._~").union(.alphanumerics)
        return input.url.replacing("$ID", with: value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")
    }
}

extension JobDescription {
    /// The input of a name; a parameter that is a file counts as one.
    fileprivate func input(_ name: String) -> InputDescription? {
        if let input = inputs.first(where: { $0.name.lowercased() == name.lowercased() }) { return input }
        guard let parameter = parameters.first(where: { $0.name.lowercased() == name.lowercased() }),
            parameter.type == .file
        else { return nil }
        return InputDescription(name, defaultValue: parameter.defaultValue)
    }
}
