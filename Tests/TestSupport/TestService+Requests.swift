import AsyncHTTPClient
public import Foundation
import NIOCore
import NIOHTTP1

/// What a service answered.
public struct TestAnswer: Sendable {
    public let status: Int
    public let headers: [(name: String, value: String)]
    public let body: Data

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// A header's first value, by its name in any capitals.
    public subscript(header: String) -> String? {
        headers.first { $0.name.lowercased() == header.lowercased() }?.value
    }

    /// The body as a JSON object.
    public func object() throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: body) as? [String: Any] else {
            throw TestService.BadAnswer("no JSON object: \(text)")
        }
        return object
    }
}

/// One part of a multipart body.
public struct TestPart: Sendable {
    public let name: String
    public let fileName: String?
    public let type: String?
    public let data: Data

    /// A file; without a file name, the value of a field.
    public init(_ name: String, fileName: String? = nil, type: String? = nil, _ data: Data) {
        (self.name, self.fileName, self.type, self.data) = (name, fileName, type, data)
    }
}

extension TestService {
    /// Redirects are answers, not followed.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: {
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.timeout.read = .seconds(120)
            return configuration
        }()
    )

    /// Sends a request and reads the whole answer.
    ///
    /// - Parameters:
    ///   - method: `GET`.
    ///   - path: From the service's root, `/rest/composite?LAST=2`, or a whole address, as in a Location.
    ///   - user: Who sends it; nobody without one.
    ///   - headers: Further ones.
    ///   - body: Its content.
    /// - Returns: The answer, whatever its status.
    /// - Throws: What the connection says.
    public func send(
        _ method: String,
        _ path: String,
        as user: User? = nil,
        headers: [(name: String, value: String)] = [],
        body: Data? = nil
    ) async throws -> TestAnswer {
        var request = HTTPClientRequest(url: path.hasPrefix("/") ? address + path : path)
        request.method = HTTPMethod(rawValue: method)
        if let user { request.headers.add(name: "Authorization", value: user.authorization) }
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await Self.client.execute(request, timeout: .seconds(180))
        let content = try await response.body.collect(upTo: 1 << 30)
        return TestAnswer(
            status: Int(response.status.code),
            headers: response.headers.map { ($0.name, $0.value) },
            body: Data(content.readableBytesView)
        )
    }

    public func get(_ path: String, as user: User? = nil, accept: String? = nil) async throws -> TestAnswer {
        try await send("GET", path, as: user, headers: accept.map { [("Accept", $0)] } ?? [])
    }

    /// Posts a form as a browser does.
    public func post(
        _ path: String,
        as user: User? = nil,
        form: [(name: String, value: String)]
    ) async throws -> TestAnswer {
        func escaped(_ text: String) -> String {
            let allowed = CharacterSet(charactersIn: "-._~").union(.alphanumerics)
            return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
        }
        let body = form.map { "\(escaped($0.name))=\(escaped($0.value))" }.joined(separator: "&")
        let type = (name: "Content-Type", value: "application/x-www-form-urlencoded")
        return try await send("POST", path, as: user, headers: [type], body: Data(body.utf8))
    }

    /// Posts a form with files.
    public func post(_ path: String, as user: User? = nil, parts: [TestPart]) async throws -> TestAnswer {
        let boundary = "antares-\(UUID().uuidString)"
        var body = Data()
        for part in parts {
            let file = part.fileName.map { "; filename=\"\($0)\"" } ?? ""
            body += Data("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"\(file)\r\n".utf8)
            if let type = part.type { body += Data("Content-Type: \(type)\r\n".utf8) }
            body += Data("\r\n".utf8) + part.data + Data("\r\n".utf8)
        }
        body += Data("--\(boundary)--\r\n".utf8)
        let type = (name: "Content-Type", value: "multipart/form-data; boundary=\(boundary)")
        return try await send("POST", path, as: user, headers: [type], body: body)
    }

    /// Waits until a job has ended and says how: `COMPLETED`.
    ///
    /// - Parameters:
    ///   - job: Its path or address.
    ///   - user: Who may see it.
    /// - Returns: Its last phase.
    /// - Throws: `BadAnswer` for an answer that is no phase.
    public func end(of job: String, as user: User? = nil) async throws -> String {
        while true {
            let answer = try await get(job + "/phase", as: user)
            switch answer.text {
            case "COMPLETED", "ERROR", "ABORTED", "ARCHIVED": return answer.text
            case "PENDING": throw BadAnswer("job \(job) was never asked to run")
            case "QUEUED", "EXECUTING", "HELD", "SUSPENDED", "UNKNOWN":
                _ = try await get("\(job)?WAIT=10&PHASE=\(answer.text)", as: user)
            default: throw BadAnswer("\(answer.status) \(answer.text)")
            }
        }
    }
}
