import Foundation
import TestSupport
import Testing

extension TileJobTests {
    /// Tiles of a bucket, as jobs make them whose tasks are told where the store is and never who asks.
    @Test(
        .enabled(if: S3Server.isAvailable, "SKIPPED: OBJECT STORES NEED AN S3 SERVER"),
        arguments: EngineJobTests.Kind.allCases
    )
    func `tiles go to a bucket from every engine, and no file of the job holds a secret`(
        kind: EngineJobTests.Kind
    ) throws {
        let server = try S3Server()
        defer { server.close() }
        try server.makeBucket("cube", of: TemporaryFolder())
        let secret = "wJalrXUtnFEMI-of-this-test"
        let variables = server.environment.merging(["AWS_SECRET_ACCESS_KEY": secret]) { $1 }
        // What the account of the host behind SSH has, as anybody's ~/.aws/credentials.
        let profile = "[default]\naws_access_key_id = antares\naws_secret_access_key = \(secret)\n"
        if kind == .ssh, TestEngines.ssh != nil {
            try profile.write(toFile: TestEngines.remoteCredentials, atomically: true, encoding: .utf8)
        }
        let bench = try TileBench.make(.scenes) { own in
            let all = own.merging(variables) { $1 }
            // Of the master's environment the nodes get the credentials alone.
            let names = "AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY"
            return switch kind {
            case .local: try JobBench(cluster: nil, all)
            case .slurm: try .slurm("slurm: {options: ['--export=HOME,\(names)']}\n", memory: "900M", all)
            case .sge: try .gridEngine("sge: {queue: main.q, options: [-v, '\(names)']}\n", all)
            case .ssh: try .ssh(all)
            }
        }
        guard let bench else { return }
        let home = bench.jobs.program.home
        let text = try String(contentsOfFile: home.path("ingestion.yaml"), encoding: .utf8)
        let changed = text.replacing(#/location: .*/#, with: "location: tiles")
            .replacing(#/driver: .*/#, with: "driver: s3").replacing(#/bucket: .*/#, with: "bucket: cube")
        _ = try home.write(changed, to: "ingestion.yaml")
        let made = try bench.run(TileBench.ingest, ["--tiles-per-task", "9"])
        #expect(made.status == 0 && made.output.contains("27 tiles written"), "\(made.output)\(made.errors)")
        let count = try server.run("print(len(s3.list_objects_v2(Bucket='cube')['Contents']))").output
        let rows = try bench.rows("s2_l2a_20m_mexico")
        #expect(rows.count == 27 && rows.allSatisfy { $0.contains("s3//cube/tiles/") })
        // Ten measurements and a document for each tile.
        #expect(count == "297\n")
        let job = try bench.jobs.job()
        let first = try String(contentsOfFile: "\(job.folder)/tasks/1.json", encoding: .utf8)
        #expect(first.contains(server.address))
        for name in TemporaryFolder.files(below: job.folder) {
            let bytes = FileManager.default.contents(atPath: "\(job.folder)/\(name)") ?? Data()
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name) holds the secret")
        }
        let again = try bench.run(TileBench.ingest)
        #expect(again.output.contains("0 tiles written, 27 already there"), "\(again.output)\(again.errors)")
        // Tasks read the bucket, too.
        let whole = try bench.run(["export", "-n", "s2_l2a_20m_mexico", "-b", "blue", "-o", "s3://cube/whole.tif"])
        #expect(whole.status == 0, "\(whole.errors)")
        let alone = try bench.antares(["export", "-n", "s2_l2a_20m_mexico", "-b", "blue", "-o", "whole.tif"])
        #expect(alone.status == 0, "\(alone.errors)")
        let fetched = home.path("fetched.tif")
        #expect(try server.run("s3.download_file('cube', 'whole.tif', sys.argv[1])", [fetched]).status == 0)
        let bytes = FileManager.default.contents(atPath: fetched)
        #expect(bytes != nil && bytes == FileManager.default.contents(atPath: home.path("whole.tif")))
    }
}
