extension JobDescription {
    /// Names that belong to UWS and to forms, not to a job type; in small letters.
    public static let reservedNames: Set<String> = [
        "phase", "runid", "executionduration", "destruction", "action", "wait", "upload", "csrf", "control_parameters",
    ]

    /// Results that every job has; in small letters.
    private static let resultNames: Set<String> = [
        "stdout", "stderr", "provn", "provjson", "provxml", "provsvg", "provpng",
    ]

    /// The longest script.
    static let longestScript = 1 << 20

    /// True for a name that a script may have a variable of: none that other programs heed.
    public static func isVariable(_ name: String) -> Bool {
        guard name.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_]*/#) != nil else { return false }
        let heeded: Set<String> = [
            "PATH", "HOME", "SHELL", "IFS", "ENV", "USER", "LOGNAME", "TMPDIR", "LANG", "PWD", "OLDPWD", "CDPATH",
            "TERM", "TZ", "PS1", "PS2", "PS4", "EDITOR", "PAGER", "MAIL", "HOSTNAME", "OPTIND", "OPTARG", "PPID", "UID",
            "EUID", "NLSPATH",
            "GCONV_PATH", "HOSTALIASES", "RES_OPTIONS", "LOCALDOMAIN", "MALLOC_CHECK_", "POSIXLY_CORRECT",
        ]
        let beginnings = [
            "LD_", "DYLD_", "BASH", "SHELLOPTS", "PYTHON", "PERL", "RUBY", "NODE_", "GIT_", "LC_", "ANTARES_", "GDAL_",
            "CPL_",
            "PROJ_", "DB_", "DATACUBE_", "PG", "AWS_", "S3_", "SSH_", "SLURM_", "SGE_", "XDG_", "SSL_", "OPENSSL_",
            "CURL_",
            "JAVA_", "_",
        ]
        return !heeded.contains(name) && !beginnings.contains { name.hasPrefix($0) } && !name.hasSuffix("_proxy")
            && !name.hasSuffix("_PROXY")
    }

    /// Looks for what no job type may have.
    ///
    /// - Throws: `JobError` that names the place.
    public func check() throws(JobError) {
        func fail(_ reason: String) -> JobError { JobError(.badDescription(reason), job: name) }
        guard name.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_.-]{0,63}/#) != nil else {
            throw fail("the name has to be of letters, digits and _ . -, at most 64, a letter first.")
        }
        guard version.wholeMatch(of: #/[A-Za-z0-9._+-]{1,32}/#) != nil else {
            throw fail("version '\(version)' is not of letters, digits and . _ + -, at most 32.")
        }
        guard executionDuration >= 0, quote ?? 0 >= 0 else { throw fail("seconds cannot be negative.") }
        for (key, address) in [("doculink", documentation), ("url", url)] where !address.isEmpty {
            guard address.wholeMatch(of: #/https?://\S+/#) != nil else {
                throw fail("\(key) '\(address)' is no address such as https://example.org/manual.")
            }
        }
        if let script {
            guard script.contains(where: { !$0.isWhitespace }) else { throw fail("the script is empty.") }
            guard script.utf8.count <= Self.longestScript, !script.contains("\0") else {
                throw fail("the script is longer than \(Self.longestScript) bytes, or no text.")
            }
        }
        var seen: Set<String> = []
        for parameter in parameters {
            let place = "parameter '\(parameter.name)'"
            try check(parameter.name, place)
            guard seen.insert(parameter.name.lowercased()).inserted else { throw fail("\(place) is there twice.") }
            if let reason = parameter.problem { throw fail("\(place): \(reason)") }
        }
        seen = []
        for input in inputs {
            let place = "input '\(input.name)'"
            try check(input.name, place)
            guard seen.insert(input.name.lowercased()).inserted else { throw fail("\(place) is there twice.") }
            guard input.url.isEmpty || input.isFile || input.url.wholeMatch(of: #/https?://\S*\$ID\S*/#) != nil else {
                throw fail(
                    "\(place): url '\(input.url)' is neither \(InputDescription.fileURL) nor an address with $ID."
                )
            }
        }
        seen = []
        for result in results {
            let place = "result '\(result.name)'"
            try check(result.name, place)
            guard seen.insert(result.name.lowercased()).inserted else { throw fail("\(place) is there twice.") }
            guard !Self.resultNames.contains(result.name.lowercased()) else {
                throw fail("\(place) has a name that every job's own results have.")
            }
            if let reason = ResultDescription.objection(to: result.pattern ?? result.name) {
                throw fail("\(place): \(reason)")
            }
        }
    }

    private func check(_ word: String, _ place: String) throws(JobError) {
        guard word.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_.-]{0,63}/#) != nil else {
            throw JobError(.badDescription("\(place) is not named by letters, digits and _ . - alone."), job: name)
        }
        guard !Self.reservedNames.contains(word.lowercased()) else {
            throw JobError(.badDescription("\(place) has a name that UWS keeps for itself."), job: name)
        }
    }
}

extension ParameterDescription {
    fileprivate var problem: String? {
        if let minimum, let maximum, minimum > maximum { return "min \(minimum) is above max \(maximum)." }
        if minimum != nil || maximum != nil, !type.isNumber {
            return "min and max are for numbers, not for \(type.rawValue)."
        }
        if options.contains(where: { $0.isEmpty || $0.contains(",") }) {
            return "an option is empty or holds a comma, which parts options."
        }
        var bare = self
        bare.options = []
        for option in options {
            if let reason = bare.objection(to: option) { return "option \(reason)" }
        }
        return defaultValue.flatMap(objection).map { "default \($0)" }
    }
}
