import Foundation
import TestSupport
import Testing

extension TileJobTests {
    /// Tiles of a bucket, as jobs make them whose tasks are told where the store is and never who asks.
    @Test(
        .enabled(if: S3Server.isAvailable, "SKIPPED: OBJECT STORES NEED AN S3 SERVER"),
        arguments: [EngineJobTests.Kind.local, .slurm]
    )
    func `tiles go to a bucket from every engine, and no file of the job holds a secret`(
        kind: EngineJobTests.Kind
    ) throws {
        let server = try S3Server()
        defer { server.close() }
        try server.makeBucket("cube", of: TemporaryFolder())
        let secret = "wJalrXUtnFEMI-of-this-test"
        let variables = server.environment.merging(["AWS_SECRET_ACCESS_KEY": secret]) { $1 }
        let bench = try TileBench.make(.scenes) { own in
            let all = own.merging(variables) { $1 }
            // Of the master's environment the nodes get the credentials alone.
            let exported = "slurm: {options: ['--export=HOME,AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY']}\n"
            return kind == .slurm ? try .slurm(exported, memory: "900M", all) : try JobBench(cluster: nil, all)
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
    }
}
