public import Documents

/// A cluster file: YAML that says where tasks run and with what.
public enum ClusterFile {
    /// - Throws: `DocumentError` that names the line of the first mistake.
    public static func read(_ path: String) throws(DocumentError) -> ClusterOptions {
        let documents = try YAML.parse(file: path)
        guard let document = documents.first, documents.count == 1 else {
            throw DocumentError(origin: path, reason: "must hold one document, not \(documents.count)")
        }
        return try read(document.root)
    }

    public static func read(_ root: DocumentReader) throws(DocumentError) -> ClusterOptions {
        try root.allowOnly([
            "executor", "jobs", "shared_folder", "antares", "retries", "resources", "largest", "poll_seconds",
            "grace_seconds", "slurm", "sge", "ssh",
        ])
        var options = ClusterOptions(executor: try root.required("executor").choice(ExecutorName.self))
        for section in [ExecutorName.slurm, .sge, .ssh] where section != options.executor {
            if let reader = root.optional(section.rawValue) {
                throw reader.failure("belongs to another executor than '\(options.executor.rawValue)'")
            }
        }
        options.jobs = try number(root, "jobs", from: 1)
        options.sharedFolder = try path(root, "shared_folder")
        options.program = try path(root, "antares")
        options.retries = try number(root, "retries", from: 0) ?? options.retries
        options.pollSeconds = try seconds(root, "poll_seconds", from: 0.1) ?? options.pollSeconds
        options.graceSeconds = try seconds(root, "grace_seconds", from: 0) ?? options.graceSeconds
        if let reader = root.optional("resources") { options.resources = try resources(reader, cores: 1) }
        if let reader = root.optional("largest") { options.largest = try resources(reader, cores: 0) }
        if let reader = root.optional("slurm") { options.slurm = try slurm(reader) }
        if let reader = root.optional("sge") { options.sge = try gridEngine(reader) }
        if let reader = root.optional("ssh") { options.ssh = try ssh(reader) }
        if options.executor == .ssh, options.ssh.hosts.isEmpty {
            throw root.failure("needs the key 'ssh' with a list of 'hosts'")
        }
        if options.executor == .sge, options.resources.cores > 1, options.sge.parallelEnvironment == nil {
            throw root.failure(
                "asks for \(options.resources.cores) cores but names no 'sge.parallel_environment'",
                hint: "`qconf -spl` lists those that there are."
            )
        }
        return options
    }

    private static func resources(_ reader: DocumentReader, cores: Int) throws(DocumentError) -> Resources {
        try reader.allowOnly(["memory", "time", "cores"])
        var resources = Resources(cores: try number(reader, "cores", from: 1) ?? cores)
        if let value = reader.optional("memory") {
            guard let bytes = Resources.bytes(try value.string()), bytes >= 1 << 20 else {
                throw value.failure("must be an amount of memory such as 4GB or 512M")
            }
            resources.memory = bytes
        }
        if let value = reader.optional("time") {
            guard let seconds = Resources.seconds(try value.string()), seconds > 0 else {
                throw value.failure("must be a time such as 90m, 2h or 1:30:00")
            }
            resources.seconds = seconds
        }
        return resources
    }

    private static func slurm(_ reader: DocumentReader) throws(DocumentError) -> SlurmOptions {
        try reader.allowOnly([
            "partition", "account", "qos", "constraint", "modules", "options", "max_array_size",
        ])
        var options = SlurmOptions()
        options.partition = try reader.optional("partition")?.string()
        options.account = try reader.optional("account")?.string()
        options.qos = try reader.optional("qos")?.string()
        options.constraint = try reader.optional("constraint")?.string()
        options.modules = try reader.optional("modules")?.strings() ?? []
        options.options = try reader.optional("options")?.strings() ?? []
        options.maxArraySize = try number(reader, "max_array_size", from: 1)
        return options
    }

    private static func gridEngine(_ reader: DocumentReader) throws(DocumentError) -> GridEngineOptions {
        try reader.allowOnly([
            "queue", "project", "parallel_environment", "memory_resource", "modules", "options",
        ])
        var options = GridEngineOptions()
        options.queue = try reader.optional("queue")?.string()
        options.project = try reader.optional("project")?.string()
        options.parallelEnvironment = try reader.optional("parallel_environment")?.string()
        if let value = reader.optional("memory_resource") {
            let name = try value.string()
            options.memoryResource = name == "none" ? nil : name
        }
        options.modules = try reader.optional("modules")?.strings() ?? []
        options.options = try reader.optional("options")?.strings() ?? []
        return options
    }

    private static func ssh(_ reader: DocumentReader) throws(DocumentError) -> SSHOptions {
        try reader.allowOnly(["hosts", "user", "key", "port", "options"])
        var options = SSHOptions()
        for host in try reader.required("hosts").elements() {
            if case .object = host.value {
                try host.allowOnly(["name", "slots"])
                let name = try hostName(try host.required("name"))
                options.hosts.append(.init(name, slots: try number(host, "slots", from: 1) ?? 1))
            } else {
                options.hosts.append(.init(try hostName(host)))
            }
        }
        options.user = try reader.optional("user")?.string()
        options.key = try path(reader, "key")
        options.port = try number(reader, "port", from: 1)
        options.options = try reader.optional("options")?.strings() ?? []
        return options
    }

    /// A name that `ssh` cannot take for an option.
    private static func hostName(_ reader: DocumentReader) throws(DocumentError) -> String {
        let name = try reader.string()
        guard name.wholeMatch(of: #/[A-Za-z0-9_\[][A-Za-z0-9._:\[\]-]*/#) != nil else {
            throw reader.failure("'\(name)' is no name of a host")
        }
        return name
    }

    private static func path(_ reader: DocumentReader, _ key: String) throws(DocumentError) -> String? {
        guard let value = reader.optional(key) else { return nil }
        let path = try value.string()
        guard path.hasPrefix("/") else {
            throw value.failure("must be an absolute path, as every machine starts elsewhere; not '\(path)'")
        }
        return path
    }

    private static func number(_ reader: DocumentReader, _ key: String, from least: Int) throws(DocumentError) -> Int? {
        guard let value = reader.optional(key) else { return nil }
        let number = try value.integer()
        guard number >= least else { throw value.failure("must be at least \(least), not \(number)") }
        return number
    }

    private static func seconds(
        _ reader: DocumentReader,
        _ key: String,
        from least: Double
    ) throws(DocumentError) -> Double? {
        guard let value = reader.optional(key) else { return nil }
        let number = try value.double()
        guard number >= least else { throw value.failure("must be at least \(least), not \(number)") }
        return number
    }
}
