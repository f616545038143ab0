public import ClusterExec
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Jobs
public import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// What the service needs of the program around it.
public protocol JobLauncher: Sendable {
    /// Starts the program that runs a stored job to its end and keeps its phase; it goes on with one that was begun.
    ///
    /// - Parameters:
    ///   - job: One whose folder is there.
    ///   - log: Where the program's output goes, at the end of what is there.
    /// - Returns: The program.
    /// - Throws: `ClusterError` where it cannot be started.
    func start(_ job: Job, log: String) throws -> StartedJob

    /// The folder of a job, with its inputs, logs and results; it need not be there.
    func folder(of job: Job) -> String

    /// The folder that a new job is to have.
    func newFolder(_ id: String) -> String

    /// What documents that a job's parameters name say of outputs elsewhere than where it may write.
    ///
    /// - Returns: The first such parameter and path; nil for none, and where a document cannot be read, which its job says.
    func objection(toOutputsOf job: Job, _ places: JobPlaces) -> (parameter: String, path: String)?
}

/// The parts that requests work with.
struct ServiceParts: Sendable {
    let options: ServiceOptions
    let jobs: any JobStore
    let records: any RecordStore
    let accounts: Accounts
    let descriptions: DescriptionStore
    let entities: EntityStore
    let launcher: any JobLauncher
    let watch: JobWatch
    let scheduler: JobScheduler
    let metrics: RequestMetrics
    let failures = FailureLimit()
    let files = FileResponse()
    /// Where files of requests are until it is known what becomes of them.
    let spool: Spool
    /// What pages show of the program's data; nil for none.
    let data: (any DataSource)?
    let pictures = Pictures()
    let log: Logger
}

/// The job service: UWS 1.1 over HTTP, with what goes with it.
public struct JobService: Sendable {
    private let parts: ServiceParts
    private let webTokens: WebTokens?
    private let events: JobEvents
    private let pageFiles: PageFiles
    private let operations: OperationRoutes

    /// - Parameters:
    ///   - options: How it works.
    ///   - jobs: Where jobs are kept.
    ///   - records: Where accounts and the like are kept.
    ///   - descriptions: The job types that the program has itself.
    ///   - launcher: Starts jobs.
    ///   - data: What pages show of the program's data; nil for none.
    ///   - log: Hears of requests and of what goes wrong.
    /// - Throws: `ServiceError` for a folder that cannot be made; `CocoaError` for a missing file of keys.
    public init(
        _ options: ServiceOptions,
        jobs: any JobStore,
        records: any RecordStore,
        descriptions: [JobDescription],
        launcher: any JobLauncher,
        data: (any DataSource)? = nil,
        log: Logger
    ) async throws {
        let accounts = Accounts(records)
        let watch = JobWatch(jobs)
        let entities = EntityStore(jobs: jobs, records: records)
        parts = ServiceParts(
            options: options,
            jobs: jobs,
            records: records,
            accounts: accounts,
            descriptions: try DescriptionStore(
                folder: options.folder + "/descriptions",
                builtIn: descriptions,
                log: log
            ),
            entities: entities,
            launcher: launcher,
            watch: watch,
            scheduler: JobScheduler(
                options,
                jobs: jobs,
                entities: entities,
                launcher: launcher,
                watch: watch,
                log: log
            ),
            metrics: RequestMetrics(),
            spool: try Spool(options.folder + "/spool"),
            data: data,
            log: log
        )
        events = JobEvents(jobs)
        pageFiles = try await PageFiles()
        // What is wrong there is said at the start, and not when somebody first asks.
        _ = await parts.descriptions.faults
        operations = try OperationRoutes(parts: parts, files: pageFiles)
        webTokens = if let openID = options.openID { try await WebTokens(openID, accounts) } else { nil }
    }

    /// Answers requests until its task is cancelled, and then to the end of those that have begun; jobs that run go on, and
    /// are found again by the next start.
    ///
    /// - Parameter ready: Is told the port once requests are answered.
    /// - Throws: What the system says of the port, and the library of a certificate.
    public func run(ready: @escaping @Sendable (Int) -> Void) async throws {
        let options = parts.options
        var server = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [EarlyAnswerHandler()],
                idleTimeout: .seconds(Int64(max(options.bodySeconds, options.waitSeconds + 10)))
            )
        )
        if let tls = options.tls {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(tls.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.key, format: .pem))
            )
            configuration.minimumTLSVersion = .tlsv12
            server = try .tls(server, tlsConfiguration: configuration)
        }
        var application = Application(
            router: makeRouter(),
            server: server,
            configuration: .init(address: .hostname(options.host, port: options.port), serverName: "antares"),
            onServerRunning: { ready($0.localAddress?.port ?? options.port) },
            logger: parts.log
        )
        application.addServices(parts.scheduler, parts.watch, JobSweeper(parts), SubmissionRunner(parts), Beat(parts))
        application.addServices(events)
        let group = ServiceGroup(configuration: .init(services: [application], logger: parts.log))
        let run = Task.detached { try await group.run() }
        try await withTaskCancellationHandler {
            try await run.value
        } onCancel: {
            Task {
                // The server ends when its last request is answered: those that wait are answered now.
                await parts.watch.close()
                await events.close()
                await group.triggerGracefulShutdown()
            }
        }
    }

    /// What it answers, each as method and path: `GET /rest/{kind}`.
    var routes: [String] { makeRouter().routes.map(\.description) }

    private func makeRouter() -> Router<ServiceContext> {
        let router = Router(context: ServiceContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestMiddleware(options: parts.options, metrics: parts.metrics))
        router.add(
            middleware: RateMiddleware(
                limit: RateLimit(burst: parts.options.requestBurst, perSecond: parts.options.requestsPerSecond)
            )
        )
        router.add(middleware: BodyTimeMiddleware(seconds: parts.options.bodySeconds))
        router.add(
            middleware: AuthenticationMiddleware(
                accounts: parts.accounts,
                webTokens: webTokens,
                failures: parts.failures
            )
        )
        JobListRoutes(parts: parts).add(to: router)
        JobRoutes(parts: parts).add(to: router)
        SyncRoutes(parts: parts).add(to: router)
        operations.add(to: router)
        TileRoutes(parts: parts).add(to: router)
        JobEventRoutes(parts: parts, events: events).add(to: router)
        let pages = Pages(parts: parts, files: pageFiles)
        StartPages(pages: pages).add(to: router)
        AccountPage(pages: pages).add(to: router)
        JobListPage(pages: pages).add(to: router)
        JobPage(pages: pages).add(to: router)
        NewJobPages(pages: pages).add(to: router)
        CustomPage(pages: pages).add(to: router)
        DataPages(pages: pages).add(to: router)
        DescriptionPages(pages: pages).add(to: router)
        LoginRoutes(parts: parts).add(to: router)
        TokenRoutes(parts: parts).add(to: router)
        UserRoutes(parts: parts).add(to: router)
        JobAPIRoutes(parts: parts).add(to: router)
        RunRoutes(parts: parts).add(to: router)
        ScheduleRoutes(parts: parts).add(to: router)
        NovaRoutes(parts: parts).add(to: router)
        DescriptionRoutes(parts: parts).add(to: router)
        StoreRoutes(parts: parts).add(to: router)
        ProvenanceRoutes(parts: parts).add(to: router)
        ClusterEventRoutes(parts: parts).add(to: router)
        SCIMRoutes(parts: parts).add(to: router)
        return router
    }
}
