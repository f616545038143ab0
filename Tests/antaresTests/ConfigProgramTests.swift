import Foundation
import Postgres
import TestSupport
import Testing

/// What the program says and ends with when its configuration is missing, incomplete or wrong.
@Suite struct ConfigProgramTests {
    @Test func `without any configuration the private PostgreSQL is the database`() throws {
        let program = try BuiltProgram()
        let result = try program.run("config show")
        #expect(result.status == 0)
        #expect(result.output.contains("index database"))
        #expect(result.output.contains("private PostgreSQL"))
        #expect(result.output.contains("\(program.home.path)/.local/share/antares/postgres"))
    }

    @Test func `a configuration file that is not there ends with 78`() throws {
        let result = try BuiltProgram().run("-C nowhere.conf config show")
        #expect(result.status == 78)
        #expect(result.errors == "error: option -C: none of the files exists: nowhere.conf. Check the path.\n")
    }

    @Test(arguments: [
        ("datacube.conf", "[default]\ndb_hostname: db.example.org\ndb_database: cube\n"),
        ("datacube.yaml", "default:\n  db_hostname: db.example.org\n  db_database: cube\n"),
        ("datacube.json", #"{"default":{"db_hostname":"db.example.org","db_database":"cube"}}"#),
    ])
    func `configurations of datacube are INI, YAML or JSON, in a file or in the command itself`(
        name: String,
        text: String
    ) throws {
        let program = try BuiltProgram()
        let file = try program.home.write(text, to: name)
        var shown = [try program.run("-C \(file) config show")]
        if !text.contains("\n") { shown.append(try program.run("-R \(text) config show")) }
        for result in shown {
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("cube") && result.output.contains("db.example.org"), "\(result.output)")
        }
    }

    @Test func `half a configuration ends with 78 and names the line`() throws {
        let program = try BuiltProgram()
        let file = try program.home.write("# our server\nDATABASE_HOST=db.example.org\n", to: ".antares")
        let result = try program.run("init -c mex")
        #expect(result.status == 78)
        #expect(result.errors.hasPrefix("error: \(file):2: DATABASE_HOST is set but DATABASE_NAME is not."))
    }

    @Test func `a typo in a key is named with file, line and the nearest known key`() throws {
        let program = try BuiltProgram()
        let file = try program.home.write("INGESTION_PATH=/data\nDATABSE_NAME=cube\n", to: ".antares")
        let warning = "\(file):2: unknown key 'DATABSE_NAME'. Did you mean 'DATABASE_NAME'?"
        let shown = try program.run("config show")
        #expect(shown.status == 0)
        #expect(shown.output.contains("warning: \(warning)"))
        let used = try program.run("init --no-create-tables --no-conf-setup")
        #expect(used.errors == "warning: \(warning)\n")
    }

    @Test func `a typo in the datacube configuration is named likewise`() throws {
        let program = try BuiltProgram()
        let file = try program.home.write("[datacube]\ndb_hostnam: x\n", to: ".datacube.conf")
        let result = try program.run("config show --json")
        #expect(
            result.output.contains("\(file):2: unknown key 'db_hostnam' in [datacube]. Did you mean 'db_hostname'?")
        )
    }

    @Test func `a database that is down ends with 69 and says where it should be`() throws {
        let server = ["DB_HOSTNAME": "127.0.0.1", "DB_PORT": "9", "DB_DATABASE": "cube", "DB_PASSWORD": "geheim"]
        let result = try BuiltProgram().run("init --no-conf-setup", environment: server)
        #expect(result.status == 69)
        #expect(result.errors.contains("cannot connect to database"))
        #expect(result.errors.contains("127.0.0.1:9/cube"))
        #expect(result.errors.contains("Is the server running, and are host and port right?"))
        #expect(!result.errors.contains("geheim"))
    }

    @Test func `with --json an error is a document`() throws {
        let result = try BuiltProgram().run("--json config show -E nowhere")
        #expect(result.status == 78)
        struct Report: Decodable {
            struct Failure: Decodable { let message: String, kind: String, exit_code: Int }
            let error: Failure
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(result.errors.utf8))
        #expect(report.error.kind == "configuration")
        #expect(report.error.exit_code == 78)
        #expect(report.error.message.contains("No datacube config found for 'nowhere'"))
    }

    @Test func `a command line that is wrong ends with 64`() throws {
        let result = try BuiltProgram().run("init --borders x.gpkg")
        #expect(result.status == 64)
        #expect(result.errors.contains("--borders goes with -c CODE …: name the countries."))
    }

    /// A server of its own that asks everyone but its superuser for a password.
    @Test(.enabled(if: TestDatabase.isAvailable)) func `a wrong password ends with 69 and is not shown`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        let rules = try folder.write("local all antares_guest scram-sha-256\nlocal all all trust\n", to: "pg_hba.conf")
        let server = PrivateServer(
            dataDirectory: folder.url.appendingPathComponent("pg"),
            parameters: ["hba_file": rules, "fsync": "off"]
        )
        let settings = try server.ensureRunning()
        defer { _ = try? server.stop() }
        let session = try Session(settings)
        try session.execute("CREATE ROLE antares_guest LOGIN PASSWORD 'right'")
        session.close()

        let program = try BuiltProgram()
        _ = try program.home.write(
            "[datacube]\ndb_hostname: \(settings.host ?? "")\ndb_username: antares_guest\ndb_password: geheim\n",
            to: ".datacube.conf"
        )
        let result = try program.run("init --no-conf-setup")
        #expect(result.status == 69)
        #expect(result.errors.contains("password authentication failed"))
        #expect(
            result.errors.contains(
                "The password of 'antares_guest' is wrong: correct it in the configuration or in ~/.pgpass."
            )
        )
        #expect(!result.errors.contains("geheim"))
    }
}
