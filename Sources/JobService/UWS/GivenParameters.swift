import Jobs

/// The parameters of a job that a form gives: its fields and its files, by the names they are the values of.
struct GivenParameters {
    /// Files by the paths that they will have.
    let parameters: [JobParameter]
    let uploads: [(path: String, file: FormBody.File)]

    /// - Parameters:
    ///   - form: Of the request.
    ///   - job: Whose parameters these are.
    ///   - creation: Knows where files of jobs are.
    init(_ form: FormBody, job: String, creation: JobCreation) {
        let files = Self.files(form)
        var given: [JobParameter] = []
        for field in form.fields {
            let name = field.name.lowercased()
            guard !JobDescription.reservedNames.contains(name), !files.contains(where: { $0.name.lowercased() == name })
            else { continue }
            // Values of one name given several times are one list.
            if let index = given.firstIndex(where: { $0.id.lowercased() == name }) {
                given[index].value += " \(field.value)"
            } else {
                given.append(JobParameter(field.name, field.value))
            }
        }
        var uploads: [(String, FormBody.File)] = []
        for (name, file) in files {
            let path = creation.path(of: name, file.fileName, job)
            uploads.append((path, file))
            // A parameter is one file: the last.
            given.removeAll { $0.id.lowercased() == name.lowercased() }
            given.append(JobParameter(name, path, isByReference: true))
        }
        (parameters, self.uploads) = (given, uploads)
    }

    /// Puts the files in their places below the job's folder.
    func keep() async throws {
        for (path, file) in uploads { try await file.content.keep(at: path) }
    }

    /// Files by the parameter they are the value of: one of its name, or one it names by `param:PART`.
    private static func files(_ form: FormBody) -> [(name: String, file: FormBody.File)] {
        var files: [(String, FormBody.File)] = []
        for field in form.fields {
            // UPLOAD=name,param:part is the form of DALI; NAME=param:part that of UWS (section 2.2.3.1.1).
            if field.name.uppercased() == "UPLOAD" {
                for pair in field.value.split(separator: ";") {
                    let halves = pair.split(separator: ",", maxSplits: 1).map(String.init)
                    if halves.count == 2, let file = form.file(String(halves[1].trimmingPrefix("param:"))) {
                        files.append((halves[0], file))
                    }
                }
            } else if let match = field.value.wholeMatch(of: #/param:(.+)/#), let file = form.file(String(match.1)) {
                files.append((field.name, file))
            }
        }
        let named = Set(files.map { $0.1.name })
        return files + form.files.filter { !named.contains($0.name) && !$0.isEmptyField }.map { ($0.name, $0) }
    }
}
