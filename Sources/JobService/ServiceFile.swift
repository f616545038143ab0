import Documents

/// A service file: YAML that says how the service works; `config-templates/service.yaml` explains its keys.
public enum ServiceFile {
    /// - Throws: `DocumentError` that names the line of the first mistake.
    public static func read(_ path: String) throws -> ServiceOptions {
        let documents = try YAML.parse(file: path)
        guard let document = documents.first, documents.count == 1 else {
            throw DocumentError(origin: path, reason: "must hold one document, not \(documents.count)")
        }
        let root = document.root
        try root.allowOnly([
            "host", "port", "base_url", "tls", "trusted_proxies", "openid", "allow_anonymous", "job_servers",
            "allow_private_addresses", "data_folders", "administrator_folders", "output_folders",
            "folder", "limits", "submission",
        ])
        var options = ServiceOptions()
        options.host = try root.optional("host")?.string() ?? options.host
        options.port = try number(root, "port", 0...65535) ?? options.port
        options.baseURL = try root.optional("base_url").map(address)
        if let reader = root.optional("tls") {
            try reader.allowOnly(["certificate", "key"])
            options.tls = .init(
                certificate: try reader.required("certificate").string(),
                key: try reader.required("key").string()
            )
        }
        if let reader = root.optional("openid") {
            try reader.allowOnly(["issuer", "audience", "keys"])
            options.openID = .init(
                issuer: try reader.required("issuer").string(),
                audience: try reader.required("audience").string(),
                keys: try reader.required("keys").string()
            )
        }
        options.trustedProxies = try networks(root, "trusted_proxies")
        options.jobServers = try networks(root, "job_servers")
        options.allowsAnonymous = try root.optional("allow_anonymous")?.bool() ?? false
        options.allowsPrivateAddresses = try root.optional("allow_private_addresses")?.bool() ?? false
        options.dataFolders = try folders(root, "data_folders")
        options.administratorFolders = try folders(root, "administrator_folders")
        options.outputFolders = try folders(root, "output_folders")
        options.folder = try root.optional("folder")?.string() ?? ""
        if let reader = root.optional("submission") { try submission(reader, &options.submission) }
        if let reader = root.optional("limits") { try limits(reader, &options) }
        return options
    }

    private static func submission(_ reader: DocumentReader, _ type: inout ServiceOptions.SubmissionType) throws {
        try reader.allowOnly(["type", "parameter", "values", "public_results"])
        type.kind = try reader.required("type").string()
        type.parameter = try reader.required("parameter").string()
        type.allowsPublicResults = try reader.optional("public_results")?.bool() ?? false
        type.values = [:]
        for entry in try reader.optional("values")?.entries() ?? [] {
            type.values[entry.key] = entry.reader.parameterText
        }
    }

    private static func limits(_ reader: DocumentReader, _ options: inout ServiceOptions) throws {
        let keys: [(String, WritableKeyPath<ServiceOptions, Int>, ClosedRange<Int>)] = [
            ("jobs", \.jobThreads, 1...10_000), ("jobs_per_user", \.userJobThreads, 1...10_000),
            ("submissions", \.submissionThreads, 1...1000), ("waiting_per_user", \.userJobLimit, 1...1_000_000),
            ("body_bytes", \.bodyLimit, 1024...Int.max), ("upload_bytes", \.uploadLimit, 1024...Int.max),
            ("unpacked_bytes", \.unpackedLimit, 1024...Int.max),
            ("body_seconds", \.bodySeconds, 1...86400), ("wait_seconds", \.waitSeconds, 1...600),
            ("destruction_seconds", \.destructionSeconds, 1...Int(Int32.max)),
            ("destruction_most", \.destructionLimit, 1...Int(Int32.max)),
            ("execution_seconds", \.executionSeconds, 0...Int(Int32.max)),
            ("execution_most", \.executionLimit, 0...Int(Int32.max)),
        ]
        let rates: [(String, WritableKeyPath<ServiceOptions, Double>)] = [
            ("requests_per_second", \.requestsPerSecond), ("requests_at_once", \.requestBurst),
        ]
        try reader.allowOnly(keys.map(\.0) + rates.map(\.0))
        for (name, path, range) in keys {
            if let value = try number(reader, name, range) { options[keyPath: path] = value }
        }
        for (name, path) in rates {
            guard let value = reader.optional(name) else { continue }
            let rate = try value.double()
            guard rate > 0 else { throw value.failure("must be above 0, not \(rate)") }
            options[keyPath: path] = rate
        }
    }

    private static func number(_ reader: DocumentReader, _ key: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard let value = reader.optional(key) else { return nil }
        let number = try value.integer()
        guard range.contains(number) else {
            throw value.failure("must be from \(range.lowerBound) to \(range.upperBound), not \(number)")
        }
        return number
    }

    private static func networks(_ root: DocumentReader, _ key: String) throws -> [AddressRange] {
        guard let reader = root.optional(key) else { return [] }
        return try reader.strings().map { text in
            guard let range = AddressRange(text) else {
                throw reader.failure("'\(text)' is no address or network such as 10.1.0.0/16")
            }
            return range
        }
    }

    private static func folders(_ root: DocumentReader, _ key: String) throws -> [String] {
        guard let reader = root.optional(key) else { return [] }
        return try reader.strings().map { text in
            guard text.hasPrefix("/") || text.wholeMatch(of: #/[a-z][a-z0-9]+:\/\/[^\/]+.*/#) != nil else {
                throw reader.failure("'\(text)' is no folder such as /srv/scenes or s3://bucket/scenes")
            }
            return text
        }
    }

    private static func address(_ reader: DocumentReader) throws -> String {
        var text = try reader.string()
        while text.hasSuffix("/") { text.removeLast() }
        guard text.wholeMatch(of: #/https?://[^\s?#]+/#) != nil else {
            throw reader.failure("must be an address such as https://maps.example.org, not '\(text)'")
        }
        return text
    }
}
