import Foundation
import Postgres
import Raster
import TestSupport
import Testing

/// Documents that lie in object stores and on web servers.
@Suite("Remote documents", .enabled(if: TestDatabase.isAvailable))
struct RemoteDocumentsTests {
    /// A product, a scene, a packed scene, a changed one, and what is no document.
    private func documents() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        _ = try folder.write(TwinIndex.product, to: "cube/p.yaml")
        _ = try folder.write(TwinIndex.scene(1), to: "cube/2017/1.yaml")
        let packed = try folder.write(TwinIndex.scene(2), to: "cube/2017/2.yaml")
        #expect(try run("gzip", [packed]).status == 0)
        _ = try folder.write(TwinIndex.scene(1) + "extra: {a: 1}\n", to: "cube/new/1.yaml")
        _ = try folder.write("a: [", to: "cube/bad.yaml")
        return folder
    }

    /// Adds all of these below an address, and checks what the index holds then.
    private func check(_ job: TestJob, _ address: String, _ environment: [String: String]) throws {
        func run(_ line: String) throws -> ShellResult {
            let words = line.replacing("@", with: address).split(separator: " ").map(String.init)
            return try job.program.run(
                Array(words.dropFirst()),
                as: words[0],
                environment: job.environment.merging(environment) { $1 }
            )
        }
        for line in ["datacube system init", "datacube product add @/cube/p.yaml"] {
            let result = try run(line)
            #expect(result.status == 0, "\(line): \(result.errors)")
        }
        let added = try run("antares dataset add @/cube/2017/1.yaml @/cube/2017/2.yaml.gz")
        #expect(added.output == "datasets: 2 added\n", "\(added.errors)")
        let mixed = try run("antares dataset add @/cube/none.yaml @/cube/bad.yaml @/cube/2017/1.yaml")
        #expect(mixed.status == 1 && mixed.output.contains("1 already there, 2 rejected"), "\(mixed.output)")
        #expect(mixed.errors.contains("\(address)/cube/none.yaml: cannot be read"), "\(mixed.errors)")
        #expect(mixed.errors.contains("\(address)/cube/bad.yaml:2: is no valid YAML"), "\(mixed.errors)")
        let none = try run("antares product add @/cube/none.yaml")
        #expect(none.status != 0 && none.errors.contains("\(address)/cube/none.yaml: cannot be read"), "\(none.errors)")
        let updated = try run("datacube dataset update --allow-any extra @/cube/new/1.yaml")
        #expect(updated.output.contains("1 successful, 0 failed"), "\(updated.output)\(updated.errors)")
        let rows = try Session(job.database).query(
            "SELECT uri_scheme || ':' || uri_body AS uri FROM agdc.dataset_location ORDER BY 1"
        )
        let names = ["2017/1.yaml", "2017/2.yaml.gz", "new/1.yaml"]
        #expect(rows.map { $0["uri"] } == names.map { "\(address)/cube/\($0)" })
    }

    @Test(.enabled(if: S3Server.isAvailable)) func `documents in an S3 store are added by their URLs`() throws {
        let server = try S3Server()
        defer { server.close() }
        try server.makeBucket("archive", of: documents())
        let job = try TestJob()
        try check(job, "s3://archive", server.environment)
        let environment = job.environment.merging(server.environment) { $1 }
        let other = try job.program.run(["dataset", "add", "s3://nowhere/1.yaml"], environment: environment)
        #expect(other.status == 1 && other.errors.contains("s3://nowhere/1.yaml"), "\(other.errors)")
        #expect(other.errors.contains("NoSuchBucket"), "\(other.errors)")
    }

    @Test func `documents on a web server are added by their URLs`() throws {
        let server = try WebServer(serving: documents())
        defer { server.close() }
        try check(try TestJob(), server.address, [:])
    }

    @Test func `documents on an FTP server are added by their URLs`() throws {
        guard let server = try WebServer.servingByFTP(documents()) else { return }
        defer { server.close() }
        try check(try TestJob(), server.address, [:])
    }

    @Test(arguments: ["SSL_CERT_FILE", "CURL_CA_BUNDLE"])
    func `documents, measurements and catalogues are read by https, from a server whose authority is named`(
        _ variable: String
    ) throws {
        let (folder, authority) = (try documents(), try TLSAuthority())
        // The file of all scenes: numbers from 1 to 20000, row by row.
        let rows = (0..<200).map { row in (1...100).map { "\(row * 100 + $0)" }.joined(separator: " ") }
        let header = "ncols 100\nnrows 200\nxllcorner 600000\nyllcorner 2294000\ncellsize 30\n"
        let grid = try folder.write(header + rows.joined(separator: "\n") + "\n", to: "a.asc")
        let made = try run(
            "gdal_translate",
            ["-q", "-ot", "UInt16", "-a_srs", "EPSG:32613", grid, folder.path("cube/2017/a.tif")]
        )
        #expect(made.status == 0, "\(made.errors)")
        let server = try WebServer(serving: folder, signedBy: authority)
        defer { server.close() }
        let job = try TestJob()
        let trust = [variable: authority.certificate]
        try check(job, server.address, trust)
        func antares(_ line: String, _ job: TestJob) throws -> ShellResult {
            try job.program.run(line, environment: job.environment.merging(trust) { $1 })
        }
        let id = TwinIndex.id(2)
        let tile = job.program.home.path("out.tif")
        let exported = try antares("export -n demo --time 2017 --crs EPSG:32613 --resolution 30 -o \(tile)", job)
        #expect(exported.status == 0, "\(exported.errors)")
        let pixels = try RasterFile(opening: tile).read(UInt16.self, band: 1)
        #expect(pixels == (1...20000).map(UInt16.init))
        // The catalogue of that index, on the same server, into another index.
        #expect(try antares("stac export demo -o \(folder.path("stac"))", job).status == 0)
        let other = try TestJob()
        for line in ["system init", "product add \(folder.path("cube/p.yaml"))"] {
            #expect(try other.datacube(line).status == 0)
        }
        let indexed = try antares("stac index \(server.address)/stac/demo/\(id)/\(id).json --product demo", other)
        #expect(indexed.output.contains("1 added"), "\(indexed.output)\(indexed.errors)")
    }

    @Test func `a server whose certificate nobody vouches for is named, and how to trust it`() throws {
        let folder = try documents()
        let server = try WebServer(serving: folder, signedBy: TLSAuthority())
        defer { server.close() }
        let job = try TestJob()
        for line in ["system init", "product add \(folder.path("cube/p.yaml"))"] {
            #expect(try job.datacube(line).status == 0)
        }
        // Another authority, of the same name.
        let environment = job.environment.merging(["SSL_CERT_FILE": try TLSAuthority().certificate]) { $1 }
        for line in [
            "product add @/cube/p.yaml", "dataset add @/cube/2017/1.yaml", "stac index @/item.json",
            "stac search --url @/api",
        ] {
            let result = try job.program.run(line.replacing("@", with: server.address), environment: environment)
            #expect(result.status != 0 && result.errors.contains("\(server.address)/"), "\(line): \(result.errors)")
            #expect(result.errors.contains("certificate is not trusted"), "\(line): \(result.errors)")
            #expect(result.errors.contains("SSL_CERT_FILE"), "\(line): \(result.errors)")
        }
    }
}
