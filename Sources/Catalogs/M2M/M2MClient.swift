import Documents
import Foundation

/// A client of the USGS's Machine-to-Machine API (m2m.cr.usgs.gov/api/docs/json), version `stable`.
///
/// It logs in by an application token at its first request, and again where the session has expired.
public actor M2MClient {
    public static let usual = "https://m2m.cr.usgs.gov/api/api/json/stable/"
    /// Codes of errors that end when a new session begins.
    private static let sessionErrors: Set<String> = [
        "AUTH_INVALID", "AUTH_EXPIRED", "AUTH_KEY_INVALID", "AUTH_KEY_EXPIRED", "AUTH_UNAUTHROIZED",
        "AUTH_UNAUTHORIZED",
    ]

    private let root: URL
    private let user: String
    private let token: String
    private let client: WebClient
    private var key: String?

    /// - Parameters:
    ///   - address: Where the API is; the folder of its endpoints.
    ///   - user: The name of the account.
    ///   - token: An application token of the account (ers.cr.usgs.gov, Manage Application Tokens).
    ///   - client: What sends the requests.
    /// - Throws: `CatalogError` where the address is none.
    public init(_ address: String, user: String, token: String, client: WebClient) throws(CatalogError) {
        root = try WebAddress.parse(address.hasSuffix("/") ? address : address + "/")
        (self.user, self.token, self.client) = (user, token, client)
    }

    /// What an endpoint answers under `data`.
    ///
    /// - Throws: `CatalogError` with the API's own code and message.
    func call(_ endpoint: String, _ payload: DocumentValue) async throws -> DocumentValue {
        if key == nil { try await logIn() }
        do {
            return try await post(endpoint, payload)
        } catch let error as M2MError where Self.sessionErrors.contains(error.code) {
            try await logIn()
            do {
                return try await post(endpoint, payload)
            } catch let error as M2MError {
                throw catalogError(error, endpoint)
            }
        } catch let error as M2MError {
            throw catalogError(error, endpoint)
        }
    }

    private func logIn() async throws {
        key = nil
        do {
            let payload: DocumentValue = ["username": .string(user), "token": .string(token)]
            guard let found = try await post("login-token", payload).string, !found.isEmpty else {
                throw CatalogError(.failed, shown("login-token"), "it gave no session")
            }
            key = found
        } catch let error as M2MError where Self.sessionErrors.contains(error.code) {
            throw CatalogError(
                .refused,
                shown("login-token"),
                "\(error.code), \(masked(error.message))",
                hint:
                    "Check USGS_USER and USGS_TOKEN; tokens are made at https://ers.cr.usgs.gov and need the right M2M access."
            )
        } catch let error as M2MError {
            throw catalogError(error, "login-token")
        }
    }

    /// Ends the session, so that its key is of no use to anybody.
    public func logOut() async {
        guard key != nil else { return }
        _ = try? await post("logout", .null)
        key = nil
    }

    /// Sends a request; one that comes too often is sent again after a while.
    private func post(_ endpoint: String, _ payload: DocumentValue) async throws -> DocumentValue {
        var attempt = 1
        while true {
            do {
                return try await sendOnce(endpoint, payload)
            } catch let error as M2MError where error.code.hasPrefix("RATE_LIMIT") {
                let schedule = client.options.retries
                let delay = schedule.delay(after: attempt, retryAfter: nil, random: Double.random(in: 0...1))
                guard let delay else { throw error }
                try await Task.sleep(for: delay)
                attempt += 1
            }
        }
    }

    private func sendOnce(_ endpoint: String, _ payload: DocumentValue) async throws -> DocumentValue {
        var request = WebRequest(root.appendingPathComponent(endpoint))
        request.method = "POST"
        request.headers = [
            (name: "Content-Type", value: "application/json"), (name: "Accept", value: "application/json"),
        ]
        if let key { request.secretHeaders = [(name: "X-Auth-Token", value: key)] }
        request.body = payload == .null ? Data() : Data(JSONText.write(payload).utf8)
        let answer = try await client.send(request, limit: 1 << 28, accepting: [400, 401, 403, 404, 405, 422])
        guard let text = String(data: answer.body, encoding: .utf8),
            let value = try? JSONText.parse(text, origin: shown(endpoint)), value.object != nil
        else {
            throw CatalogError(
                .failed,
                shown(endpoint),
                "its answer (status \(answer.status)) is no JSON document",
                hint: "Check USGS_M2M_URL; the service may be down: https://m2m.cr.usgs.gov.",
                status: answer.status
            )
        }
        if let code = value.at("errorCode")?.string {
            throw M2MError(code: code, message: value.at("errorMessage")?.string ?? "", status: answer.status)
        }
        guard (200..<300).contains(answer.status) else {
            throw CatalogError(.failed, shown(endpoint), "status \(answer.status)", status: answer.status)
        }
        return value["data"] ?? .null
    }

    private func catalogError(_ error: M2MError, _ endpoint: String) -> CatalogError {
        let isLimit = error.code.hasPrefix("RATE_LIMIT") || error.code.hasPrefix("DOWNLOAD_RATE")
        let code: CatalogError.Code =
            isLimit
            ? .rateLimited
            : Self.sessionErrors.contains(error.code) || error.code.hasSuffix("UNAUTHORIZED") ? .refused : .badRequest
        return CatalogError(
            code,
            shown(endpoint),
            "\(error.code), \(masked(error.message))",
            hint: isLimit ? "The USGS limits requests of an account: try again in a quarter of an hour." : nil,
            status: error.status
        )
    }

    private func shown(_ endpoint: String) -> String {
        WebAddress.shown(root.appendingPathComponent(endpoint).absoluteString)
    }

    private func masked(_ text: String) -> String {
        [token, key].compactMap { $0 }.filter { $0.count > 3 }.reduce(text) { $0.replacing($1, with: "…") }
    }
}

/// What the API says is wrong.
private struct M2MError: Error {
    let code: String
    let message: String
    let status: Int
}
