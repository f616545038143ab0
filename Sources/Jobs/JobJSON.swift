public import Foundation

/// The documents of UWS as JSON: the names and the nesting of the XML, nil as null.
public enum JobJSON {
    public static func job(_ job: Job, at addresses: JobAddresses) throws -> Data {
        try encode(["job": JobDocument(job, addresses)])
    }

    public static func list(_ jobs: [Job], at addresses: JobAddresses) throws -> Data {
        try encode(["jobs": jobs.map { JobReference($0, addresses) }])
    }

    private static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}

/// A job as a program reads it.
public struct JobDocument: Encodable, Sendable {
    private let job: Job
    private let addresses: JobAddresses?

    /// - `addresses`: Where the job is on the web; without, parameters and results show what is stored.
    public init(_ job: Job, _ addresses: JobAddresses? = nil) { (self.job, self.addresses) = (job, addresses) }

    private enum Key: String, CodingKey {
        case version, jobId, kind, runId, ownerId, phase, quote, creationTime, startTime, endTime, executionDuration
        case destruction, parameters, results, errorSummary, progress
    }

    private struct Parameter: Encodable {
        let id: String
        let byReference: Bool
        let value: String
    }

    private struct Result: Encodable {
        let id: String
        let href: String
        let size: Int?
        let mimeType: String?
    }

    private struct Summary: Encodable {
        let type: String
        let hasDetail: Bool
        let message: String
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("1.1", forKey: .version)
        try container.encode(job.id, forKey: .jobId)
        try container.encode(job.kind, forKey: .kind)
        try container.encode(job.runID, forKey: .runId)
        try container.encode(job.ownerID, forKey: .ownerId)
        try container.encode(job.phase, forKey: .phase)
        try container.encode(job.quote, forKey: .quote)
        try container.encode(job.creationTime, forKey: .creationTime)
        try container.encode(job.startTime, forKey: .startTime)
        try container.encode(job.endTime, forKey: .endTime)
        try container.encode(job.executionDuration, forKey: .executionDuration)
        try container.encode(job.destruction, forKey: .destruction)
        let parameters = job.parameters.map { parameter in
            let address = addresses?.parameter(parameter.id, of: job) ?? parameter.value
            return Parameter(
                id: parameter.id,
                byReference: parameter.isByReference,
                value: parameter.isByReference ? address : parameter.value
            )
        }
        try container.encode(parameters, forKey: .parameters)
        let results = job.results.map { result in
            let href = addresses?.result(result.id, of: job) ?? result.href
            return Result(id: result.id, href: href, size: result.size, mimeType: result.contentType)
        }
        try container.encode(results, forKey: .results)
        let summary = job.errorSummary.map {
            Summary(type: $0.kind.rawValue, hasDetail: $0.hasDetail, message: $0.message)
        }
        try container.encode(summary, forKey: .errorSummary)
        try container.encode(job.progress, forKey: .progress)
    }
}

private struct JobReference: Encodable {
    let id: String
    let href: String
    let phase: Phase
    let runId: String?
    let ownerId: String?
    let creationTime: Instant

    init(_ job: Job, _ addresses: JobAddresses) {
        (id, href, phase) = (job.id, addresses.job(job), job.phase)
        (runId, ownerId, creationTime) = (job.runID, job.ownerID, job.creationTime)
    }
}
