import Postgres
import Testing

@Suite struct ConnectionSettingsTests {
    @Test func `a URL gives its parts, percent-decoded`() throws {
        let settings = try ConnectionSettings(
            url: "postgresql://ann:p%40ss%3Aw@db.example.org:5433/cube?sslmode=require"
        )
        #expect(settings.user == "ann")
        #expect(settings.password == "p@ss:w")
        #expect(settings.host == "db.example.org")
        #expect(settings.port == 5433)
        #expect(settings.database == "cube")
        #expect(settings.parameters == ["sslmode": "require"])
    }

    @Test func `a URL without a host means the local socket`() throws {
        let settings = try ConnectionSettings(url: "postgresql:///datacube")
        #expect(settings.host == nil)
        #expect(settings.database == "datacube")
        #expect(settings.user == nil)
    }

    @Test func `a URL may name the folder of the socket and all else in its query`() throws {
        let settings = try ConnectionSettings(url: "postgresql:///?host=/run/pg&dbname=cube&user=ann&port=99")
        #expect(settings.host == "/run/pg")
        #expect(settings.database == "cube")
        #expect(settings.user == "ann")
        #expect(settings.port == 99)
    }

    @Test func `an IPv6 address loses its brackets`() throws {
        #expect(try ConnectionSettings(url: "postgres://[::1]:5432/x").host == "::1")
    }

    @Test func `several hosts, and all that libpq knows, are taken from a URL, and a driver's name is left out`() throws
    {
        let settings = try ConnectionSettings(
            url:
                "postgresql+psycopg2://a:1,b:2/cube?sslmode=verify-full&target_session_attrs=read-write&connect_timeout=3"
        )
        #expect(settings.host == "a,b" && settings.database == "cube" && settings.connectTimeout == 3)
        #expect(
            settings.parameters == ["port": "1,2", "sslmode": "verify-full", "target_session_attrs": "read-write"]
        )
        let error = try #require(throws: PostgresError.self) {
            try ConnectionSettings(url: "postgresql:///d?sllmode=x")
        }
        #expect(error.description.contains("sllmode"))
    }

    @Test func `a description never shows the password`() throws {
        let settings = try ConnectionSettings(url: "postgresql://ann:secret@host/cube")
        #expect(settings.description == "postgresql://ann:***@host/cube")
    }

    @Test(arguments: ["mysql://a:secret@b/c", "postgresql://a:secret@b:99999/c", "postgresql://a:secret%zz@b/c"])
    func `a broken URL is refused without its password`(url: String) throws {
        let error = try #require(throws: PostgresError.self) { try ConnectionSettings(url: url) }
        #expect(!error.description.contains("secret"))
        #expect(error.description.contains("postgresql://USER:PASSWORD@HOST:PORT/DATABASE"))
    }
}
