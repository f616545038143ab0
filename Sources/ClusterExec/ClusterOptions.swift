/// Where tasks run and with what: the content of a cluster file.
public struct ClusterOptions: Sendable, Equatable, Codable {
    public var executor: ExecutorName
    /// Tasks at once, of all machines together; nil leaves it to the engine.
    public var jobs: Int?
    /// Where `jobs/<id>` is, as master and workers both see it; nil for the folder of the configuration.
    public var sharedFolder: String?
    /// The program on the nodes; nil for the one that is running.
    public var program: String?
    /// How often a task that died is tried again.
    public var retries: Int
    public var resources: Resources
    /// The most that retries may ask for; 0 for no limit.
    public var largest: Resources
    /// Between two questions to the engine; in seconds.
    public var pollSeconds: Double
    /// How long the status of a task that the engine calls ended may take to appear; in seconds.
    public var graceSeconds: Double
    public var slurm: SlurmOptions
    public var sge: GridEngineOptions
    public var ssh: SSHOptions

    public init(executor: ExecutorName = .local, jobs: Int? = nil) {
        (self.executor, self.jobs, retries, pollSeconds, graceSeconds) = (executor, jobs, 2, 5, 30)
        (resources, largest) = (Resources(), Resources(cores: 0))
        (slurm, sge, ssh) = (SlurmOptions(), GridEngineOptions(), SSHOptions())
    }

    /// Lets an account pay, instead of the cluster file's: Slurm's account, Grid Engine's project.
    public mutating func charge(_ account: String) { (slurm.account, sge.project) = (account, account) }
}

/// Options of `sbatch`.
public struct SlurmOptions: Sendable, Equatable, Codable {
    public var partition: String?
    public var account: String?
    public var qos: String?
    public var constraint: String?
    public var modules: [String] = []
    /// Given to `sbatch` as they are.
    public var options: [String] = []
    /// Tasks in one array; nil asks Slurm for MaxArraySize.
    public var maxArraySize: Int?

    public init() {}
}

/// Options of `qsub`.
public struct GridEngineOptions: Sendable, Equatable, Codable {
    public var queue: String?
    public var project: String?
    /// Where a task has several cores.
    public var parallelEnvironment: String?
    /// The resource by which the site limits memory; nil for none.
    public var memoryResource: String? = "h_vmem"
    public var modules: [String] = []
    /// Given to `qsub` as they are.
    public var options: [String] = []

    public init() {}
}

/// Hosts behind SSH.
public struct SSHOptions: Sendable, Equatable, Codable {
    public struct Host: Sendable, Equatable, Codable {
        public let name: String
        /// Tasks at once.
        public let slots: Int

        public init(_ name: String, slots: Int = 1) { (self.name, self.slots) = (name, slots) }
    }

    public var hosts: [Host] = []
    public var user: String?
    public var key: String?
    public var port: Int?
    /// Given to `ssh` as they are.
    public var options: [String] = []

    public init() {}
}
