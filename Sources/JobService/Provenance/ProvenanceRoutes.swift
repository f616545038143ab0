import Foundation
import Hummingbird
import Jobs
import Spawn

/// What came from what: `/provsap`, and `/rest/TYPE/ID/provjson` for one job.
struct ProvenanceRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        router.get("provsap", use: graph)
        for format in ProvenanceFormat.allCases {
            for path in ["rest/{kind}/{id}/", "rest/{kind}/{id}/results/"] {
                router.get(RouterPath(path + format.resultName)) { _, context in
                    try await answer(try await parts.find(context), format, context)
                }
            }
        }
    }

    /// The provenance of one job, with its description.
    func answer(_ job: Job, _ format: ProvenanceFormat, _ context: ServiceContext) async throws -> Response {
        var query = ProvenanceQuery()
        (query.ids, query.descriptions, query.format) = ([job.id], 1, format)
        return try await answer(query, context)
    }

    @Sendable private func graph(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try await answer(ProvenanceQuery(FormBody.pairs(request.uri.query ?? "")), context)
    }

    private func answer(_ query: ProvenanceQuery, _ context: ServiceContext) async throws -> Response {
        var builder = ProvenanceBuilder(parts, query, context)
        for id in query.ids {
            if let (name, _, _) = Entity.parts(of: id) {
                _ = try await parts.find(name, context)
                guard let entity = try await parts.entities.find(id) else {
                    throw ServiceError(.notFound, "there is no file '\(id)'.")
                }
                try await builder.add(entity)
            } else {
                try await builder.add(try await parts.find(id, context))
            }
        }
        let graph = builder.graph
        let data =
            switch query.format {
            case .n: Data(graph.provN.utf8)
            case .json: Data(graph.provJSON.utf8)
            case .xml: graph.provXML
            case .svg: ProvenanceDrawing(graph, query).svg
            case .png: try await Self.png(ProvenanceDrawing(graph, query).dot)
            }
        return Response(data, type: query.format.contentType)
    }

    /// Has graphviz draw a picture.
    ///
    /// - Throws: `ServiceError` where it is not installed, takes too long or fails.
    private static func png(_ dot: String) async throws -> Data {
        let folder = FileManager.default.temporaryDirectory.appending(path: "antares-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (source, picture) = (folder.appending(path: "graph.dot"), folder.appending(path: "graph.png"))
        try Data(dot.utf8).write(to: source)
        let pid: pid_t
        do {
            pid = try spawn(
                ["dot", "-Tpng", "-o", picture.path, source.path],
                streams: [1: .file("/dev/null", O_WRONLY), 2: .descriptor(1)]
            )
        } catch {
            throw ServiceError(
                .unprocessable,
                "PROV-PNG is drawn by graphviz, whose program dot cannot be started here. Ask for PROV-SVG."
            )
        }
        let end = ContinuousClock.now + .seconds(60)
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG) == 0 {
            if ContinuousClock.now > end || Task.isCancelled {
                kill(pid, SIGKILL)
                waitpid(pid, &status, 0)
                throw ServiceError(.unprocessable, "graphviz takes too long for this graph. Ask for PROV-SVG.")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        guard status == 0, let data = try? Data(contentsOf: picture) else {
            throw ServiceError(.internal, "graphviz failed to draw the graph. Ask for PROV-SVG.")
        }
        return data
    }
}

extension ServiceParts {
    /// A job as its documents show it: once it has completed, its provenance is among the results, as OPUS's pages expect.
    func shown(_ job: Job) -> Job {
        guard job.phase == .completed else { return job }
        var job = job
        for format in [ProvenanceFormat.json, .xml, .svg]
        where !job.results.contains(where: { $0.id == format.resultName }) {
            job.results.append(
                JobResult(format.resultName, href: format.resultName, contentType: format.contentType)
            )
        }
        return job
    }
}
