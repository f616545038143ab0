import ArgumentParser
import ClusterExec
import Config
import Foundation
import JobService
import Jobs
import Logging

/// The command `antares serve`.
struct ServeCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Offer processing as a service: UWS 1.1 over HTTP, web pages, accounts.",
        discussion: """
            docs/service.md describes the service file, accounts and how to run it behind a proxy. Make the first account
            by `antares users add NAME --administrator`.
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(help: .init("Service file (YAML); its keys are in config-templates/service.yaml.", valueName: "file"))
    var service: String?
    @Option(help: .init("Address to listen at, instead of the service file's.", valueName: "address"))
    var host: String?
    @Option(help: .init("Port, 0 for a free one; instead of the service file's.", valueName: "n"))
    var port: Int?
    @Option(help: .init("Jobs that run at a time; instead of the service file's.", valueName: "n"))
    var jobthreads: Int?
    @Option(help: .init("Submissions unpacked at a time; instead of the service file's.", valueName: "n"))
    var subthreads: Int?
    @Option(
        name: [.customLong("scheduler"), .customLong("sc", withSingleDash: true)],
        help: .init("Cluster file that says where tasks of jobs run, see docs/cluster.md.", valueName: "file")
    )
    var scheduler: String?

    func validate() throws {
        if let port, !(0...65535).contains(port) {
            throw ValidationError("--port must be from 0 to 65535, got \(port).")
        }
        for (name, value) in [("--jobthreads", jobthreads), ("--subthreads", subthreads)] {
            if let value, value < 1 { throw ValidationError("\(name) must be at least 1, got \(value).") }
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        var options = try services.serviceOptions(service)
        options.host = host ?? options.host
        options.port = port ?? options.port
        options.jobThreads = jobthreads ?? options.jobThreads
        // Where recipes and the templates of ingestion write.
        options.outputFolders.append(services.settings.ingestionPath.value)
        options.submissionThreads = subthreads ?? options.submissionThreads
        let access = try await JobAccess(services)
        let service = try await JobService(
            options,
            jobs: access.store,
            records: try await ServiceRecords.open(services),
            descriptions: JobKind.all.map(\.description),
            launcher: try StoredJobLauncher(access, common, scheduler: scheduler),
            data: IndexDataSource(services),
            log: Logger(label: "antares.service")
        )
        let scheme = options.tls == nil ? "http" : "https"
        let name = options.host.contains(":") ? "[\(options.host)]" : options.host
        try await service.run { port in
            Output.write("listening on \(scheme)://\(name):\(port)")
        }
    }
}

/// Starts stored jobs by this program itself.
struct StoredJobLauncher: JobLauncher {
    let access: JobAccess
    private let started: JobStarter
    private let resumed: JobStarter
    private let cluster: ClusterOptions

    /// - `scheduler`: A cluster file; nil to run tasks here.
    init(_ access: JobAccess, _ common: CommonOptions, scheduler: String?) throws {
        self.access = access
        cluster = try scheduler.map(ClusterFile.read) ?? ClusterOptions()
        let words = common.configurationWords
        resumed = JobStarter(program: JobAccess.program, options: words)
        started = JobStarter(program: JobAccess.program, options: words + (scheduler.map { ["-sc", $0] } ?? []))
    }

    func start(_ job: Job, log: String) throws -> StartedJob {
        try job.isSelfContained == true
            ? started.begin("start", job.id, log: log) : resumed.begin("resume", job.id, log: log)
    }

    func folder(of job: Job) -> String { access.folder(job).path }

    func newFolder(_ id: String) -> String { access.newFolder(id, cluster).path }

    func objection(toOutputsOf job: Job, _ places: JobPlaces) -> (parameter: String, path: String)? {
        places.objection(toOutputsOf: job, access.folder(job))
    }
}
