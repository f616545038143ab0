import Foundation

/// What the environment says of object stores, as far as it is no secret: it travels with tasks.
///
/// Credentials do not; each machine has its own, or the engine passes the master's environment on.
enum StoreEnvironment {
    /// Where the store is; a machine that says so by any of them needs none of the others.
    private static let addresses = ["S3_ENDPOINT", "AWS_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
    private static let others = [
        "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_HTTPS", "AWS_VIRTUAL_HOSTING", "AWS_NO_SIGN_REQUEST",
        "AWS_REQUEST_PAYER",
    ]

    /// Of this program; nil where it says nothing.
    static var own: [String: String]? {
        let all = ProcessInfo.processInfo.environment
        // An address may hold a password before an @.
        let said = all.filter { (addresses + others).contains($0.key) && !$0.value.contains("@") }
        return said.isEmpty ? nil : said
    }

    /// Says the same in this program, but for what is said here already.
    static func apply(_ variables: [String: String]?) {
        guard let variables else { return }
        let environment = ProcessInfo.processInfo.environment
        let isAddressed = addresses.contains { environment[$0] != nil }
        for name in (isAddressed ? [] : addresses) + others {
            if let value = variables[name] { setenv(name, value, 0) }
        }
    }
}
