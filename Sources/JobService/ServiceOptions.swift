/// How the service works; a YAML file says it, see `ServiceFile`.
public struct ServiceOptions: Sendable, Equatable {
    /// Certificate and key, PEM files.
    public struct TLS: Sendable, Equatable {
        public var certificate: String
        public var key: String

        public init(certificate: String, key: String) { (self.certificate, self.key) = (certificate, key) }
    }

    /// Logins of another service, by its JSON web tokens.
    public struct OpenID: Sendable, Equatable {
        public var issuer: String
        public var audience: String
        /// A file with the issuer's public keys (RFC 7517).
        public var keys: String

        public init(issuer: String, audience: String, keys: String) {
            (self.issuer, self.audience, self.keys) = (issuer, audience, keys)
        }
    }

    /// What becomes of files and addresses that are sent to the submission API.
    public struct SubmissionType: Sendable, Equatable {
        /// The job type that works on each scene.
        public var kind = "prepare_metadata"
        /// Its parameter that takes the file or folder.
        public var parameter = "path"
        /// Further parameters, the same for every job.
        public var values = ["outfile": "metadata.yaml"]
        /// True where anybody may read the results of those who ask for that by `publicly_visible`.
        public var allowsPublicResults = false

        public init() {}
    }

    public var host = "127.0.0.1"
    public var port = 8080
    /// The address that clients use, without a slash at its end, where it is not that of the request.
    public var baseURL: String?
    public var tls: TLS?
    /// Networks of proxies whose X-Forwarded headers are believed.
    public var trustedProxies: [AddressRange] = []
    public var openID: OpenID?
    /// True where people without an account may make jobs of any type but scripts.
    public var allowsAnonymous = false
    /// Networks that may report states of jobs to `/handler/job_event`.
    public var jobServers: [AddressRange] = []
    /// True where an address that a user gives may lead into private networks.
    public var allowsPrivateAddresses = false
    /// Folders below which paths must lie that requests name, besides the job's own: of all people, and of administrators.
    public var dataFolders: [String] = []
    public var administratorFolders: [String] = []
    /// Folders below which documents of jobs may say that outputs go; administrators may use theirs too.
    public var outputFolders: [String] = []
    /// Where uploads and job descriptions are kept.
    public var folder = ""
    /// Jobs that run at a time, in all and of one user.
    public var jobThreads = 2
    public var userJobThreads = 2
    public var submission = SubmissionType()
    /// Submissions that are fetched and unpacked at a time.
    public var submissionThreads = 2
    /// Jobs of one user that wait or run.
    public var userJobLimit = 100
    /// The most bytes of a request's body without its files, which is held in memory, and of one with files.
    public var bodyLimit = 1 << 20
    public var uploadLimit = 16 << 30
    /// The most bytes that an archive may hold unpacked.
    public var unpackedLimit = 64 << 30
    /// The most seconds of a body, besides those that its files take, and that a request blocks.
    public var bodySeconds = 60
    public var waitSeconds = 50
    /// Seconds until a job's results are removed unless it says otherwise, and at most.
    public var destructionSeconds = 30 * 86400
    public var destructionLimit = 365 * 86400
    /// Seconds that a job may run where neither it nor its type says anything, and at most; 0 for no limit.
    public var executionSeconds = 0
    public var executionLimit = 0
    /// Requests of one address each second, and how many at once.
    public var requestsPerSecond = 50.0
    public var requestBurst = 500.0

    public init() {}

    func isTrustedProxy(_ address: String) -> Bool { trustedProxies.contains { $0.contains(address) } }
}
