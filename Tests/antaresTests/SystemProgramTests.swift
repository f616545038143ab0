import Foundation
import Postgres
import TestSupport
import Testing

/// `system` and `user` on databases of all ages, without Python.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct SystemProgramTests {
    private let job: TestJob

    init() throws { job = try TestJob() }

    private func datacube(_ line: String, as name: String = "datacube") throws -> ShellResult {
        try job.program.run(line.split(separator: " ").map(String.init), as: name, environment: environment)
    }

    private var environment: [String: String] {
        [
            "DB_HOSTNAME": job.database.host ?? "", "DB_DATABASE": job.database.database ?? "",
            "DB_USERNAME": job.database.user ?? "",
        ]
    }

    private func rows(_ sql: String) throws -> [[String]] {
        try Session(job.database).query(sql).map { row in row.columnNames.indices.map { row[$0] ?? "-" } }
    }

    private static let columns = """
        SELECT table_name, column_name, udt_name, is_nullable, column_default FROM information_schema.columns
        WHERE table_schema = 'agdc' AND table_name NOT LIKE 'dv%' ORDER BY 1, 2
        """
    private static let triggers = """
        SELECT tgrelid::regclass, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2
        """

    @Test func `an index of the age of 1_6 gets the columns and triggers that it lacks, and keeps its rows`() throws {
        #expect(try datacube("system init").status == 0)
        let (columns, triggers) = (try rows(Self.columns), try rows(Self.triggers))
        // What 1.6 had: no times of changes, none of adding a location.
        try Session(job.database).execute(
            """
            DROP TRIGGER row_update_time_metadata_type ON agdc.metadata_type;
            DROP TRIGGER row_update_time_dataset_type ON agdc.dataset_type;
            DROP TRIGGER row_update_time_dataset ON agdc.dataset;
            DROP FUNCTION agdc.set_row_update_time();
            ALTER TABLE agdc.metadata_type DROP COLUMN updated;
            ALTER TABLE agdc.dataset_type DROP COLUMN updated;
            ALTER TABLE agdc.dataset DROP COLUMN updated;
            ALTER TABLE agdc.dataset_location DROP COLUMN added;
            DROP SCHEMA antares CASCADE;
            """
        )
        let again = try datacube("system init")
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output == "Initialising database...\nUpdated.\nChecking indexes/views.\nDone.\n")
        #expect(try rows(Self.triggers) == triggers)
        // Python puts the column back with its default, but lets it be empty.
        let expected = columns.map { $0[0...1] == ["dataset_location", "added"] ? $0.with("YES", at: 3) : $0 }
        #expect(try rows(Self.columns) == expected)
        #expect(try rows("SELECT name FROM agdc.metadata_type ORDER BY id") == [["eo3"], ["eo"], ["telemetry"]])
        let session = try Session(job.database)
        try session.execute("UPDATE agdc.metadata_type SET name = name WHERE name = 'eo3'")
        #expect(try rows("SELECT name FROM agdc.metadata_type WHERE updated IS NOT NULL") == [["eo3"]])
        #expect(try datacube("system check").output.contains("Valid connection:\tYES"))
    }

    @Test func `system check says what is wrong`() throws {
        let missing = try datacube("system check")
        #expect(missing.status == 1)
        #expect(missing.output.contains("Database:      \(job.database.database ?? "")\n"))
        #expect(missing.errors.contains("system init"), "\(missing.errors)")
        var nowhere = environment
        nowhere["DB_HOSTNAME"] = job.program.home.path
        let unreachable = try job.program.run(["system", "check"], as: "datacube", environment: nowhere)
        #expect(unreachable.status == 1 && unreachable.errors.contains("Error Connecting to database: "))
        #expect(try job.program.run(["system", "check"], environment: nowhere).status == 69)
    }

    @Test func `a name too long for its indexes is refused before anything is written`() throws {
        #expect(try datacube("system init").status == 0)
        let name = String(repeating: "a", count: 60)
        let path = try job.program.home.write(
            TwinIndex.product.replacing("name: demo\nd", with: "name: \(name)\nd"),
            to: "p.yaml"
        )
        let result = try datacube("product add \(path)")
        #expect(result.status == 1)
        #expect(result.errors.contains(name) && result.errors.contains("63"), "\(result.errors)")
        #expect(try rows("SELECT name FROM agdc.dataset_type").isEmpty)
        #expect(try rows("SELECT relname FROM pg_class WHERE relname LIKE '%aaaa%'").isEmpty)
    }

    @Test func `rejected documents leave exit code 0 as datacube and 1 as antares`() throws {
        #expect(try datacube("system init").status == 0)
        let product = try job.program.home.write(TwinIndex.product, to: "p.yaml")
        #expect(try datacube("product add \(product)").status == 0)
        let good = try job.program.home.write(TwinIndex.scene(1), to: "good.yaml")
        let bad = try job.program.home.write("id: \(TwinIndex.id(2))\n", to: "bad.yaml")
        let broken = try job.program.home.write("\"", to: "broken.yaml")
        let line = "dataset add \(bad) \(broken) \(good)"
        let first = try datacube(line)
        #expect(first.status == 0)
        #expect(first.errors.contains("ERROR Dataset metadata did not match product signature"))
        #expect(first.errors.contains("ERROR Failed reading documents from \(broken)"))
        #expect(try datacube(line, as: "antares").status == 1)
        #expect(try rows("SELECT id FROM agdc.dataset") == [[TwinIndex.id(1)]])
    }

    @Test func `a region's name finds the datasets that meet it`() throws {
        #expect(try job.antares("init -c mex").status == 0)
        let product = try job.program.home.write(TwinIndex.product, to: "p.yaml")
        let inside = try job.program.home.write(TwinIndex.scene(1), to: "inside.yaml")
        // Four degrees further west lies the sea.
        let outside = try job.program.home.write(
            TwinIndex.scene(2).replacing("600000.0", with: "200000.0"),
            to: "o.yaml"
        )
        for line in [
            "datacube system init", "datacube product add \(product)", "datacube dataset add \(inside) \(outside)",
            "antares index footprints",
        ] {
            let result = try job.run(line)
            #expect(result.status == 0, "\(line) \(result.errors)")
        }
        for region in ["--region Jalisco", "-r mex", "--region=jalisco"] {
            let found = try job.antares("dataset search -f csv \(region)")
            #expect(found.output.contains(TwinIndex.id(1)), "\(region) \(found.errors)")
            #expect(!found.output.contains(TwinIndex.id(2)), "\(region)")
            #expect(try job.antares("dataset count --count-only \(region) demo").output == "1\n")
        }
        let unknown = try job.antares("dataset search --region Jalisko")
        #expect(unknown.status != 0 && unknown.errors.contains("Jalisco"), "\(unknown.errors)")
    }

    @Test func `a password read from standard input lets the account in, and shows nowhere`() throws {
        #expect(try datacube("system init").status == 0)
        let name = "reader_\(UUID().uuidString.prefix(8).lowercased())"
        let password = "it's a \"secret\" \(UUID().uuidString)"
        let file = try job.program.home.write(password + "\n", to: "password.txt")
        let folder = try job.program.links(["datacube"])
        let shell = """
            "\(folder)/datacube" --log-queries -vvv user create ingest \(name) --passwd-stdin < "\(file)" &
            while kill -0 $! 2>/dev/null; do tr '\\0' ' ' < /proc/$!/cmdline; echo; done > "\(file).processes" 2>/dev/null
            wait $!
            """
        let made = try run("/bin/sh", ["-c", shell], environment: environment.mapValues { $0 })
        #expect(made.status == 0, "\(made.errors)")
        let processes = try String(contentsOfFile: file + ".processes", encoding: .utf8)
        #expect(processes.contains(name), "the process list was never looked at")
        for text in [made.output, made.errors, processes] { #expect(!text.contains("secret")) }
        let stored = try rows("SELECT rolpassword FROM pg_authid WHERE rolname = '\(name)'")[0][0]
        #expect(stored.hasPrefix("SCRAM-SHA-256$4096:"))
        // PostgreSQL's own reading of RFC 5803: StoredKey is SHA-256 of the client key of the salted password.
        let check = """
            import base64, hashlib, hmac, sys
            salt, keys = sys.argv[1].split("$")[1:]
            rounds, salt = salt.split(":")
            salted = hashlib.pbkdf2_hmac("sha256", sys.argv[2].encode(), base64.b64decode(salt), int(rounds))
            client = hmac.new(salted, b"Client Key", hashlib.sha256).digest()
            print(base64.b64encode(hashlib.sha256(client).digest()).decode() == keys.split(":")[0])
            """
        #expect(try run("python3", ["-c", check, stored, password]).output == "True\n")
        let empty = try job.program.run(
            ["user", "create", "user", "nobody", "--passwd-stdin"],
            as: "datacube",
            environment: environment
        )
        #expect(empty.status == 1 && empty.errors.contains("no password on standard input"))
        #expect(try datacube("user delete \(name)").status == 0)
    }
}

extension Array {
    fileprivate func with(_ element: Element, at index: Int) -> [Element] {
        var copy = self
        copy[index] = element
        return copy
    }
}
