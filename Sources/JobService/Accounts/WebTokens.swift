import Foundation
import JWTKit

/// Tokens of an OpenID Connect provider, checked by its public keys.
struct WebTokens: Sendable {
    /// The parts that count.
    private struct Claims: JWTPayload {
        let iss: IssuerClaim
        let sub: SubjectClaim
        let exp: ExpirationClaim
        let nbf: NotBeforeClaim?
        let aud: AudienceClaim
        let preferred_username: String?

        func verify(using algorithm: some JWTAlgorithm) async throws {
            try exp.verifyNotExpired()
            try nbf?.verifyNotBefore()
        }
    }

    private let keys: JWTKeyCollection
    private let options: ServiceOptions.OpenID
    private let accounts: Accounts

    /// - Throws: What JWTKit says of a file that holds no key set (RFC 7517); `CocoaError` where it cannot be read.
    init(_ options: ServiceOptions.OpenID, _ accounts: Accounts) async throws {
        (self.options, self.accounts) = (options, accounts)
        keys = try await JWTKeyCollection().add(jwksJSON: try String(contentsOfFile: options.keys, encoding: .utf8))
    }

    /// - Returns: The user of the name in the token, who has to exist here; nil for a token that is not right.
    func identify(_ token: String) async throws -> Identity? {
        guard let claims = try? await keys.verify(token, as: Claims.self), claims.iss.value == options.issuer,
            (try? claims.aud.verifyIntendedAudience(includes: options.audience)) != nil
        else { return nil }
        let name = claims.preferred_username ?? claims.sub.value
        return try await accounts.identity(ofUser: name, by: .jwt)
    }
}
