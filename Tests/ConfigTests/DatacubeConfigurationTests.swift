import Postgres
import Testing

@testable import Config

/// The rules are those of datacube 1.8's `LocalConfig.find`.
@Suite struct DatacubeConfigurationTests {
    private let home = "/home/u/.datacube.conf"
    private func input(_ files: [String: String], _ environment: [String: String] = [:]) -> ConfigurationInput {
        ConfigurationInput(environment: environment.merging(["HOME": "/home/u"]) { $1 }, files: files)
    }

    @Test func `without any configuration there is none`() throws {
        #expect(try DatacubeConfiguration(input([:])) == nil)
    }

    @Test func `later files override earlier ones key by key`() throws {
        let found = try #require(
            try DatacubeConfiguration(
                input([
                    "/etc/datacube.conf": "[datacube]\ndb_hostname: one\ndb_username: u\n",
                    home: "[datacube]\ndb_hostname = two\ndb_port = 5433\n",
                ])
            )
        )
        #expect(found.address.host == "two")
        #expect(found.address.port == 5433)
        #expect(found.address.user == "u")
        #expect(found.address.database == "datacube")
        #expect(found.files == ["/etc/datacube.conf", home])
    }

    @Test func `the section is the option's, the variable's, the user's, default, datacube`() throws {
        let sections = ["a", "b", "c", "default", "datacube"].map { "[\($0)]\ndb_database: \($0)\n" }.joined()
        func chosen(_ text: String, _ environment: [String: String] = [:], option: String? = nil) throws -> String? {
            var input = input([home: text], environment)
            input.datacubeEnvironment = option
            return try DatacubeConfiguration(input)?.address.database
        }
        let user = "[user]\ndefault_environment: c\n"
        #expect(try chosen(user + sections, ["DATACUBE_ENVIRONMENT": "b"], option: "a") == "a")
        #expect(try chosen(user + sections, ["DATACUBE_ENVIRONMENT": "b"]) == "b")
        #expect(try chosen(user + sections) == "c")
        #expect(try chosen(sections) == "default")
        #expect(try chosen("[datacube]\ndb_database: x") == "x")
    }

    @Test func `variables put all files aside, unless an option is given`() throws {
        let files = [home: "[datacube]\ndb_database: file\n"]
        let variables = ["DB_DATABASE": "variable", "DB_HOSTNAME": "h"]
        #expect(try DatacubeConfiguration(input(files, variables))?.address.database == "variable")
        var withOption = input(files, variables)
        withOption.datacubeEnvironment = "datacube"
        #expect(try DatacubeConfiguration(withOption)?.address.database == "file")
    }

    @Test func `the URL wins over the other variables`() throws {
        let url = "postgresql://me:p%40ss@host:6543/cube"
        let found = try #require(
            try DatacubeConfiguration(input([:], ["DATACUBE_DB_URL": url, "DB_DATABASE": "other"]))
        )
        #expect(
            found.address
                == ConnectionSettings(host: "host", port: 6543, database: "cube", user: "me", password: "p@ss")
        )
    }

    @Test func `what else libpq takes from the URL is kept`() throws {
        let url = "postgresql://me@a:1,b:2/cube?sslmode=require&target_session_attrs=any&connect_timeout=7"
        let found = try #require(try DatacubeConfiguration(input([:], ["DATACUBE_DB_URL": url])))
        #expect(found.address.host == "a,b" && found.address.connectTimeout == 7)
        #expect(
            found.address.parameters == ["port": "1,2", "sslmode": "require", "target_session_attrs": "any"]
        )
    }

    @Test func `a limit of time for statements goes to the server, unless the URL says its own options`() throws {
        func options(_ text: String) throws -> String? {
            try DatacubeConfiguration(input([home: "[datacube]\n\(text)"]))?.address.parameters["options"]
        }
        #expect(try options("db_query_timeout: 5000") == "-c statement_timeout=5000")
        #expect(try options("db_query_timeout: 0") == nil)
        #expect(try options("db_query_timeout: 5\ndb_url: postgresql:///d?options=-c%20jit%3Doff") == "-c jit=off")
        #expect(throws: ConfigError.self) { try options("db_query_timeout: soon") }
    }

    @Test func `a URL without a database, or with words that libpq does not know, is refused with its origin`() {
        for (url, reason) in [
            ("postgresql://me:secret@h", "names no database"), ("postgresql:///d?sllmode=x", "sllmode"),
        ] {
            let error = #expect(throws: ConfigError.self) {
                try DatacubeConfiguration(input([:], ["DATACUBE_DB_URL": url]))
            }
            #expect(error?.description.contains("DATACUBE_DB_URL") == true)
            #expect(error?.description.contains(reason) == true)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test func `an environment that no file has is named with those there are`() {
        var input = input([home: "[landsat]\n[sentinel]\n"])
        input.datacubeEnvironment = "landast"
        #expect {
            try DatacubeConfiguration(input)
        } throws: {
            "\($0)" == "option -E: No datacube config found for 'landast'. "
                + "Did you mean 'landsat'? Sections there are: landsat, sentinel."
        }
    }

    @Test func `a file without a usual section asks for a choice`() {
        #expect {
            try DatacubeConfiguration(input([home: "[landsat]\ndb_database: x\n"]))
        } throws: {
            "\($0)".contains("has neither a section [default] nor [datacube]. Sections there are: landsat.")
        }
    }

    @Test func `an index driver that is not ours is refused with its line`() {
        #expect {
            try DatacubeConfiguration(input([home: "[datacube]\nindex_driver: postgis\n"]))
        } throws: {
            "\($0)".hasPrefix("/home/u/.datacube.conf:2: the index driver 'postgis' is not supported.")
        }
    }

    @Test func `an unknown key is named with line and the nearest known one`() throws {
        let found = try DatacubeConfiguration(input([home: "[datacube]\n# our server\ndb_hostnam: x\n"]))
        #expect(
            found?.warnings == [
                "/home/u/.datacube.conf:3: unknown key 'db_hostnam' in [datacube]. Did you mean 'db_hostname'?"
            ]
        )
    }

    @Test func `of the files named by -C one has to exist`() {
        var input = input([home: "[datacube]\n"])
        input.datacubeFiles = ["a.conf", "b.conf"]
        #expect { try DatacubeConfiguration(input) } throws: {
            "\($0)" == "option -C: none of the files exists: a.conf, b.conf. Check the path."
        }
    }
}
