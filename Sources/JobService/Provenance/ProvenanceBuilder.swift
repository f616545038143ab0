import ClusterExec
import Jobs

/// Follows files from job to job.
struct ProvenanceBuilder {
    let parts: ServiceParts
    let query: ProvenanceQuery
    let identity: Identity
    private(set) var graph: ProvenanceGraph
    private var visited: Set<String> = []

    /// The most jobs of one graph.
    private static let most = 2000

    init(_ parts: ServiceParts, _ query: ProvenanceQuery, _ context: ServiceContext) {
        (self.parts, self.query, identity) = (parts, query, context.identity)
        graph = ProvenanceGraph(base: context.baseURL)
    }

    /// Adds a job with what it has made, and what is before or behind it.
    mutating func add(_ job: Job) async throws {
        let results = try await parts.entities.results(of: job)
        for entity in results { graph.add(Self.node(entity)) }
        try await follow(job, depth: query.depth)
        graph.add(Self.node(job, withParameters: query.model == .w3c && query.showsConfiguration))
        for entity in results { generated(entity, by: job) }
    }

    /// Adds a file with what is before or behind it.
    mutating func add(_ entity: Entity) async throws {
        graph.add(Self.node(entity))
        if query.depth == 0 { return }
        switch query.direction {
        case .back:
            guard let job = try await maker(of: entity) else { return }
            try await follow(job, depth: query.depth)
            generated(entity, by: job)
        case .forward: try await follow(usersOf: entity, depth: query.depth)
        }
    }

    // MARK: - Steps

    private mutating func follow(_ job: Job, depth: Int?) async throws {
        if depth == 0 || visited.contains(job.id) { return }
        guard visited.count < Self.most else {
            throw ServiceError(.tooLarge, "the graph has more than \(Self.most) jobs; ask for a smaller DEPTH.")
        }
        visited.insert(job.id)
        try await describe(job)
        for input in try await parts.entities.inputs(of: job) {
            let source = try await source(of: input)
            graph.add(Self.node(source))
            graph.add(.used, Self.name(job), Self.name(source), role: input.name)
            if query.direction == .back, let maker = try await maker(of: source) {
                let isLast = depth == 1
                if !isLast { try await follow(maker, depth: depth.map { $0 - 1 }) }
                generated(source, by: maker)
            }
        }
        if query.direction == .forward {
            for entity in try await parts.entities.results(of: job) {
                graph.add(Self.node(entity))
                generated(entity, by: job)
                if depth != 1 { try await follow(usersOf: entity, depth: depth.map { $0 - 1 }) }
            }
        }
    }

    private mutating func follow(usersOf entity: Entity, depth: Int?) async throws {
        for twin in try await parts.entities.twins(of: entity) where twin.role == .input {
            guard try await source(of: twin).id == entity.id, let job = try await visible(twin.job) else { continue }
            try await follow(job, depth: depth)
        }
    }

    private mutating func generated(_ entity: Entity, by job: Job) {
        graph.add(.wasGeneratedBy, Self.name(entity), Self.name(job), role: entity.name)
        if query.showsAgents, let owner = job.ownerID {
            graph.add(.wasAttributedTo, Self.name(entity), ProvenanceGraph.name("user", owner))
        }
    }

    /// The file that an input is: what another job has made, by the identifier that was given or by what is in it.
    private func source(of input: Entity) async throws -> Entity {
        if let origin = input.origin, let entity = try await parts.entities.find(origin), entity.owner == input.owner {
            return entity
        }
        let makers = try await parts.entities.twins(of: input).filter {
            $0.role == .result && $0.job != input.job && $0.created <= input.created
        }
        return makers.last ?? input
    }

    private func maker(of entity: Entity) async throws -> Job? {
        entity.role == .result ? try await visible(entity.job) : nil
    }

    /// A job that is there and that the sender may see.
    private func visible(_ id: String) async throws -> Job? {
        guard let job = try await parts.jobs.job(id), identity.isAdministrator || job.ownerID == identity.name else {
            return nil
        }
        return job
    }

    // MARK: - Nodes

    private static func name(_ job: Job) -> String { ProvenanceGraph.name("job", job.id) }

    private static func name(_ entity: Entity) -> String { ProvenanceGraph.name("file", entity.id) }

    private static func node(_ entity: Entity) -> ProvenanceGraph.Node {
        var node = ProvenanceGraph.Node(id: name(entity), kind: .entity, label: entity.fileName)
        node.attributes = [
            ("antares:id", .text(entity.id)), ("voprov:content_type", .text(entity.contentType)),
            ("antares:size", .number(entity.size)), ("antares:sha256", .text(entity.sha256)),
            ("voprov:generatedAtTime", .text(entity.created.description)),
        ]
        if let origin = entity.origin { node.attributes.append(("antares:origin", .text(origin))) }
        return node
    }

    private static func node(_ job: Job, withParameters: Bool) -> ProvenanceGraph.Node {
        var node = ProvenanceGraph.Node(id: name(job), kind: .activity, label: job.kind)
        (node.start, node.end) = (job.startTime, job.endTime)
        node.attributes = [("antares:id", .text(job.id)), ("antares:phase", .text(job.phase.rawValue))]
        if let runID = job.runID { node.attributes.append(("antares:runId", .text(runID))) }
        if withParameters {
            for parameter in job.parameters where !parameter.isByReference {
                node.attributes.append((ProvenanceGraph.name("param", parameter.id), .text(parameter.value)))
            }
        }
        return node
    }

    /// A job with its owner, its type and its parameters.
    private mutating func describe(_ job: Job) async throws {
        let isIVOA = query.model == .ivoa
        graph.add(Self.node(job, withParameters: !isIVOA && query.showsConfiguration))
        let description = await parts.descriptions[job.kind]
        if query.showsAgents {
            if let owner = job.ownerID { addAgent("user", owner, "prov:Person", role: "owner", of: job) }
            if let contact = description?.contactName, !contact.isEmpty {
                addAgent("user", contact, "prov:Person", role: "contact", of: job)
            }
            if description?.isScript != true {
                addAgent("antares", "antares", "prov:SoftwareAgent", role: "software", of: job)
            }
        }
        if isIVOA, query.showsConfiguration {
            for parameter in job.parameters where !parameter.isByReference {
                let id = ProvenanceGraph.name("param", "\(job.id).\(parameter.id)")
                var node = ProvenanceGraph.Node(id: id, kind: .entity, label: parameter.id)
                node.attributes = [("prov:type", .name("voprov:Parameter")), ("prov:value", .text(parameter.value))]
                graph.add(node)
                graph.add(.used, Self.name(job), id, role: parameter.id)
            }
        }
        if let description, query.descriptions > 0 { add(description, of: job) }
    }

    private mutating func addAgent(_ prefix: String, _ name: String, _ type: String, role: String, of job: Job) {
        let id = ProvenanceGraph.name(prefix, name)
        var node = ProvenanceGraph.Node(id: id, kind: .agent, label: name)
        node.attributes = [("prov:type", .name(type))]
        graph.add(node)
        graph.add(.wasAssociatedWith, Self.name(job), id, role: role)
    }

    private mutating func add(_ description: JobDescription, of job: Job) {
        let id = ProvenanceGraph.name("antares", "type-\(description.name)")
        var node = ProvenanceGraph.Node(id: id, kind: .entity, label: description.name)
        node.attributes = [
            ("prov:type", .name("voprov:ActivityDescription")), ("voprov:version", .text(description.version)),
            ("voprov:description", .text(description.annotation)),
        ]
        graph.add(node)
        graph.add(.wasInfluencedBy, Self.name(job), id)
        guard query.descriptions > 1 else { return }
        let parts =
            description.allParameters.map { ($0.name, "voprov:ParameterDescription", $0.annotation) }
            + description.results.map { ($0.name, "voprov:WasGeneratedByDescription", $0.annotation) }
        for (name, type, annotation) in parts {
            let part = ProvenanceGraph.name("antares", "type-\(description.name).\(name)")
            var node = ProvenanceGraph.Node(id: part, kind: .entity, label: name)
            node.attributes = [("prov:type", .name(type)), ("voprov:description", .text(annotation))]
            graph.add(node)
            graph.add(.wasInfluencedBy, id, part)
        }
    }
}
