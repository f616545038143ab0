import Foundation
import TestSupport
import Testing

@testable import JobService

/// Tokens made by PyJWT, an independent program.
@Suite(.enabled(if: ServiceAPIPython.path != nil)) struct WebTokenTests {
    /// Writes a key set and one token a line, each with its name.
    private static let script = """
        import base64, json, jwt, sys, time
        from cryptography.hazmat.primitives.asymmetric import ec, rsa
        from jwt.algorithms import ECAlgorithm, RSAAlgorithm
        rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        ec_key = ec.generate_private_key(ec.SECP256R1())
        keys = []
        for kid, alg, algorithm, key in [("r", "RS256", RSAAlgorithm, rsa_key), ("e", "ES256", ECAlgorithm, ec_key)]:
            document = json.loads(algorithm.to_jwk(key.public_key()))
            keys.append(document | {"kid": kid, "alg": alg, "use": "sig"})
        json.dump({"keys": keys}, open(sys.argv[1], "w"))
        now = int(time.time())
        good = dict(iss="https://id.example.org", aud="antares", sub="123", preferred_username="ana", exp=now + 600)
        def show(name, claims, key=rsa_key, alg="RS256", kid="r"):
            print(name, jwt.encode(claims, key, algorithm=alg, headers={"kid": kid}))
        show("rs256", good)
        show("es256", good, ec_key, "ES256", "e")
        show("list", good | {"aud": ["other", "antares"]})
        show("subject", {k: v for k, v in good.items() if k != "preferred_username"} | {"sub": "ana"})
        show("issuer", good | {"iss": "https://evil.example.org"})
        show("audience", good | {"aud": "other"})
        show("expired", good | {"exp": now - 10})
        show("early", good | {"nbf": now + 600})
        show("endless", {k: v for k, v in good.items() if k != "exp"})
        show("stranger", good | {"preferred_username": "nobody"})
        show("signature", good, other)
        show("none", good, None, "none")
        # The public key taken for a shared secret.
        modulus = base64.urlsafe_b64decode(keys[0]["n"] + "==")
        show("confused", good, modulus, "HS256")
        head, body, end = jwt.encode(good, rsa_key, algorithm="RS256", headers={"kid": "r"}).split(".")
        changed = json.loads(base64.urlsafe_b64decode(body + "==")) | {"preferred_username": "root"}
        body = base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")
        print("changed", ".".join([head, body, end]))
        """

    @Test func `tokens of the provider are believed, and no others`() async throws {
        let folder = try TemporaryFolder()
        let accounts = Accounts(try SQLiteRecordStore(opening: URL(fileURLWithPath: folder.path("service.sqlite"))))
        try await accounts.add(User(name: "ana", roles: ["ingest"]), password: nil)
        try await accounts.add(User(name: "root", isAdministrator: true), password: nil)
        let made = try run(ServiceAPIPython.path ?? "", ["-c", Self.script, folder.path("keys.json")])
        #expect(made.status == 0, "\(made.errors)")
        let tokens = try WebTokens.pairs(made.output)
        let webTokens = try await WebTokens(
            .init(issuer: "https://id.example.org", audience: "antares", keys: folder.path("keys.json")),
            accounts
        )
        var believed: [String] = []
        for (name, token) in tokens {
            guard let identity = try await webTokens.identify(token) else { continue }
            #expect(identity.name == "ana" && identity.means == .jwt && identity.roles == ["ingest"])
            believed.append(name)
        }
        #expect(tokens.count == 14)
        #expect(believed == ["rs256", "es256", "list", "subject"])
        #expect(try await webTokens.identify("a.b.c") == nil)
        try await accounts.change("ana") { $0.isActive = false }
        let first = try #require(tokens.first)
        #expect(try await webTokens.identify(first.token) == nil)
    }

    @Test func `a key file that is none is refused at the start`() async throws {
        let folder = try TemporaryFolder()
        let accounts = Accounts(try SQLiteRecordStore(opening: URL(fileURLWithPath: folder.path("service.sqlite"))))
        let keys = try folder.write("{\"keys\": \"none\"}", to: "keys.json")
        await #expect(throws: (any Error).self) {
            try await WebTokens(.init(issuer: "i", audience: "a", keys: keys), accounts)
        }
    }
}

extension WebTokens {
    /// The names and tokens of lines.
    fileprivate static func pairs(_ text: String) throws -> [(name: String, token: String)] {
        try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return (try #require(words.first), try #require(words.last))
        }
    }
}

/// Python with the programs that the service's interfaces are compared with; nil where it cannot be had.
enum ServiceAPIPython {
    static let path: String? = {
        guard let programs = VirtualEnvironment.programs(of: "service-api") else {
            announceSkipped(
                "tests of web tokens, cron expressions and astroquery",
                because: "The environment service-api cannot be made."
            )
            return nil
        }
        return programs + "/python"
    }()
}
