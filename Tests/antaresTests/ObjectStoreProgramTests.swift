import Documents
import Foundation
import TestSupport
import Testing

/// Scenes and products in an S3 store, as a user works with them.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: OBJECT STORES NEED POSTGRESQL"),
    .enabled(if: S3Server.isAvailable, "SKIPPED: OBJECT STORES NEED AN S3 SERVER"),
    .serialized
)
struct ObjectStoreProgramTests {
    /// A cube whose scenes are objects below `scenes/` in the bucket `archive`, beside a bucket `cube`.
    private struct StoreCube {
        let cube: BadInputCube
        let server: S3Server

        init(_ kind: S3Server.Kind = .moto) throws {
            cube = try BadInputCube.withScenes()
            server = try S3Server(kind)
            do {
                let upload = try TemporaryFolder()
                try FileManager.default.moveItem(atPath: cube.scenes, toPath: upload.path("scenes"))
                try server.makeBucket("archive", of: upload)
                try server.makeBucket("cube", of: TemporaryFolder())
                try done("datacube system init -s3 --bucket cube")
            } catch {
                server.close()
                throw error
            }
        }

        func run(_ line: String, environment: [String: String]? = nil) throws -> ShellResult {
            let words = line.split(separator: " ").map { word in
                word.hasPrefix("~") ? cube.job.program.home.path("home") + word.dropFirst() : String(word)
            }
            let variables = cube.job.environment.merging(environment ?? server.environment) { $1 }
            return try cube.job.program.start(Array(words.dropFirst()), as: words[0], environment: variables).wait()
        }

        @discardableResult
        func done(_ line: String, environment: [String: String]? = nil) throws -> ShellResult {
            let result = try run(line, environment: environment)
            guard result.status == 0 else { throw BadInputCube.LineFailed(line: line, errors: result.errors) }
            return result
        }

        /// Writes the shipped ingestion configuration for tiles in a bucket.
        func writeIngestion(_ name: String, output: String, storage: String, location: String) throws {
            let tiles = cube.job.program.home.path("tiles")
            try cube.writeIngestion(
                name,
                cell: 2000,
                changes: [
                    #"driver: "NetCDF CF""#: storage, #"bucket: """#: "",
                    "output_type: s2_l2a_20m_mexico": "output_type: \(output)",
                    #"location: "\#(tiles)""#: "location: \(location)",
                ]
            )
        }

        /// Keys and sizes of a bucket.
        func objects(_ bucket: String) throws -> [String: Int] {
            let script = """
                for page in s3.get_paginator('list_objects_v2').paginate(Bucket=sys.argv[1]):
                    for item in page.get('Contents', []):
                        print(item['Size'], item['Key'])
                """
            let lines = try server.run(script, [bucket]).output.split(separator: "\n")
            return Dictionary(
                uniqueKeysWithValues: lines.map { line in
                    let parts = line.split(separator: " ", maxSplits: 1)
                    return (String(parts[1]), Int(parts[0]) ?? -1)
                }
            )
        }

        /// Fetches a bucket into a folder.
        func fetch(_ bucket: String) throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            let script = """
                import os
                _, bucket, folder = sys.argv
                for page in s3.get_paginator('list_objects_v2').paginate(Bucket=bucket):
                    for item in page.get('Contents', []):
                        path = os.path.join(folder, item['Key'])
                        os.makedirs(os.path.dirname(path), exist_ok=True)
                        s3.download_file(bucket, item['Key'], path)
                """
            let result = try server.run(script, [bucket, folder.path])
            guard result.status == 0 else { throw BadInputCube.LineFailed(line: "fetch", errors: result.errors) }
            return folder
        }
    }

    private static let storage = """
        driver: s3
          bucket: cube
        """

    @Test(arguments: S3Server.kinds)
    func `scenes in a bucket are described, indexed and made into tiles of another bucket`(kind: S3Server.Kind) throws {
        let store = try StoreCube(kind)
        defer { store.server.close() }
        // Every path in the documents is a URL.
        try store.done("antares prepare_metadata -b archive -p scenes -d s2_l2a_20m -o s2.yaml")
        let documents = try YAML.parse(file: store.cube.job.program.home.path("s2.yaml")).map(\.value)
        #expect(documents.count == 3)
        for document in documents {
            let paths = document["measurements"]?.object?.compactMap { $0.value["path"]?.string } ?? []
            #expect(paths.count > 9 && paths.allSatisfy { $0.hasPrefix("s3://archive/scenes/S2") }, "\(paths)")
        }
        try store.done("antares prepare_metadata -p s3://archive/scenes -d s2_l2a_20m --pattern _20170515T -o one.yaml")
        #expect(try YAML.parse(file: store.cube.job.program.home.path("one.yaml")).count == 1)
        let indexed = try store.done("antares index s3://archive/scenes -d s2_l2a_20m")
        #expect(indexed.output.contains("datasets: 3 added"))

        try store.writeIngestion("s3.yaml", output: "stored", storage: Self.storage, location: "tiles")
        try store.done("antares ingest -c s3.yaml --jobs 2")
        let objects = try store.objects("cube")
        let tiles = objects.keys.filter { $0.hasSuffix(".odc-metadata.yaml") }
        #expect(tiles.count > 10 && objects.count == tiles.count * 11, "\(objects.keys.sorted().prefix(12))")
        #expect(objects.keys.allSatisfy { $0.hasPrefix("tiles/s2_l2a_20m/") && !$0.contains("partial") })
        let again = try store.done("antares ingest -c s3.yaml --jobs 2 --json")
        #expect(try JSONText.parse(again.output, origin: "json")["alreadyThere"]?.integer == tiles.count)

        // The bytes are those of a run that writes to disk.
        let local = store.cube.job.program.home.path("local")
        try store.writeIngestion("local.yaml", output: "stored", storage: "driver: GeoTIFF", location: local)
        try store.done("antares ingest -c local.yaml --jobs 2 --overwrite")
        let fetched = try store.fetch("cube")
        let pixels = TemporaryFolder.files(below: local).filter { $0.hasSuffix(".tif") }
        #expect(pixels.count == tiles.count * 10)
        for name in pixels {
            let stored = try Data(contentsOf: URL(fileURLWithPath: fetched.path("tiles/\(name)")))
            #expect(try stored == Data(contentsOf: URL(fileURLWithPath: "\(local)/\(name)")), "\(name)")
        }
    }

    @Test func `products of every kind go to a bucket, and are read from there, by Python too`() throws {
        let store = try StoreCube()
        defer { store.server.close() }
        try store.done("antares index s3://archive/scenes -d s2_l2a_20m")
        try store.writeIngestion(
            "tif.yaml",
            output: "s2_l2a_20m_mexico",
            storage: Self.storage,
            location: "s3://cube/tif"
        )
        let netCDF = Self.storage + "\n  format: NetCDF CF\n  endpoint: \(store.server.address)"
        try store.writeIngestion("nc.yaml", output: "stored_nc", storage: netCDF, location: "nc")
        let products = ["tif": "s2_l2a_20m_mexico", "nc": "stored_nc"]
        for (name, product) in products {
            try store.done("antares ingest -c \(name).yaml --jobs 2")
            let again = try store.done("antares ingest -c \(name).yaml --jobs 2 --json")
            #expect(try JSONText.parse(again.output, origin: "json")["written"]?.integer == 0, "\(name)")
            let line = "antares composite -p \(product) -b red nir swir1 --reduce median"
            try store.done("\(line) -o s3://cube/out/\(name).tif --jobs 2")
            try store.done("\(line) -o \(name).tif --jobs 2")
        }
        try store.done("antares export -n s2_l2a_20m_mexico -b red -o s3://cube/out/export.tif")
        try store.done("antares quicklook -p s2_l2a_20m_mexico -o s3://cube/out/look.png")
        let line = "antares apply_recipe -recipe s2_20m_001 -b 2017-01-01 -e 2017-12-31 -lat 20 21 -long -104 -103"
        var environment = store.server.environment
        environment["INGESTION_PATH"] = "s3://cube/features"
        try store.done("\(line) --name features --jobs 2", environment: environment)

        let fetched = try store.fetch("cube")
        let names = TemporaryFolder.files(below: fetched.path)
        #expect(names.contains("out/export.tif") && names.contains("out/look.png"))
        #expect(names.contains { $0.hasPrefix("features/recipes/features/") })
        // gdalinfo's checksums: from the disk or a store, from netCDF or GeoTIFF, the pixels are the same.
        func checksums(_ path: String) throws -> [Substring] {
            try run("gdalinfo", ["-checksum", path]).output.split(separator: "\n").filter { $0.contains("Checksum") }
        }
        let home = store.cube.job.program.home
        let expected = try checksums(home.path("tif.tif"))
        #expect(expected.count == 3 && !expected.contains { $0.hasSuffix("=0") })
        for path in [home.path("nc.tif"), fetched.path("out/tif.tif"), fetched.path("out/nc.tif")] {
            #expect(try checksums(path) == expected, "\(path)")
        }

        guard TestPython.isAvailable else { return }
        // GDAL within rasterio reads the address without its scheme.
        let script = """
            import glob, os, sys, numpy, datacube, rasterio
            os.environ.update(AWS_S3_ENDPOINT=sys.argv[1], AWS_HTTPS="NO", AWS_VIRTUAL_HOSTING="FALSE",
                AWS_ACCESS_KEY_ID="antares", AWS_SECRET_ACCESS_KEY="secret")
            dc = datacube.Datacube()
            found = dc.find_datasets(product="s2_l2a_20m_mexico")
            assert all(d.uris[0].startswith("s3://cube/tif/") for d in found)
            loaded = dc.load(product="s2_l2a_20m_mexico", measurements=["red"])["red"].values.astype("int64").sum()
            files = glob.glob(sys.argv[2] + "/tif/**/*_red.tif", recursive=True)
            print(len(found) == len(files), loaded == sum(rasterio.open(f).read(1).astype("int64").sum() for f in files))
            """
        let address = String(store.server.address.dropFirst("http://".count))
        let loaded = try TestPython.run(script, [address, fetched.path], database: store.cube.job.database)
        #expect(loaded.output == "True True\n", "\(loaded.output)\(loaded.errors.suffix(800))")
    }

    @Test(arguments: S3Server.kinds) func `a file larger than a part goes up in parts`(kind: S3Server.Kind) throws {
        let server = try S3Server(kind)
        defer { server.close() }
        try server.makeBucket("big", of: TemporaryFolder())
        let job = try BadInputCube.indexed().job
        var variables = job.environment.merging(server.environment) { $1 }
        variables["VSIS3_CHUNK_SIZE"] = "5"
        // Four kilometres at a metre and a half: 14 MB without compression, and its overviews.
        let words = "export -n s2_l2a_20m_granule -b red -o s3://big/big.tif --compression none --resolution 1.5"
        let result = try job.program.run(words.split(separator: " ").map(String.init), environment: variables)
        #expect(result.status == 0, "\(result.errors)")
        // An object of n parts has an entity tag that ends in -n.
        let head = try server.run(
            "h = s3.head_object(Bucket='big', Key='big.tif'); print(h['ContentLength'], h['ETag'])"
        )
        let size = try #require(head.output.split(separator: " ").first.flatMap { Int($0) }, "\(head.errors)")
        #expect(size > 11 << 20)
        #expect(head.output.contains("-\((size + (5 << 20) - 1) / (5 << 20))\""), "\(head.output)")
        #expect(TemporaryFolder.files(below: NSTemporaryDirectory()).allSatisfy { !$0.hasSuffix("-big.tif") })
        // It is whole: the same export on this machine has the same bytes.
        let local = words.replacing("s3://big/big.tif", with: "local.tif")
        #expect(try job.program.run(local.split(separator: " ").map(String.init), environment: variables).status == 0)
        let fetched = try TemporaryFolder().path("big.tif")
        #expect(try server.run("s3.download_file('big', 'big.tif', sys.argv[1])", [fetched]).status == 0)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: fetched))
        #expect(try bytes == Data(contentsOf: URL(fileURLWithPath: job.program.home.path("local.tif"))))
    }

    @Test(.enabled(if: S3Server.Kind.openstack.isAvailable))
    func `who has the wrong secret, or none, is told so by a store that looks`() throws {
        let server = try S3Server(.openstack)
        defer { server.close() }
        try server.makeBucket("cube", of: TemporaryFolder())
        let program = try BuiltProgram()
        let refusals: [(variables: [String: String?], bucket: String, answer: String)] = [
            ([:], "nowhere", "NoSuchBucket (HTTP 404)"),
            (["AWS_SECRET_ACCESS_KEY": "another"], "cube", "SignatureDoesNotMatch (HTTP 403)"),
            (["AWS_ACCESS_KEY_ID": "nobody:here"], "cube", "SignatureDoesNotMatch (HTTP 403)"),
        ]
        for (variables, bucket, answer) in refusals {
            let environment = server.environment.merging(variables.compactMapValues { $0 }) { $1 }
            let result = try program.run(
                ["system", "init", "-s3", "--bucket", bucket],
                environment: environment
            )
            #expect(result.status == 74 && result.errors.contains(answer), "\(result.errors)")
            #expect(!result.errors.contains("another") && !result.output.contains("Initialising"))
        }
    }

    @Test func `what a store refuses is named with the reason and what to do`() throws {
        let store = try StoreCube()
        defer { store.server.close() }
        let missing = try store.run("antares index s3://nowhere/scenes")
        #expect(missing.status == 66)
        #expect(missing.errors.contains("bucket 'nowhere', key 'scenes': the store answers NoSuchBucket"))
        let empty = try store.run("antares index s3://archive/nothing")
        #expect(empty.status == 66 && empty.errors.contains("key 'nothing': there is nothing of this name"))
        let check = try store.run("antares system init -s3 --bucket nowhere")
        #expect(check.status == 74 && check.errors.contains("NoSuchBucket"), "\(check.errors)")
        #expect(check.errors.contains("Make the bucket 'nowhere'"))
        #expect(!check.output.contains("Initialising"))
        var nobody = store.server.environment
        nobody["AWS_ACCESS_KEY_ID"] = nil
        nobody["AWS_SECRET_ACCESS_KEY"] = nil
        nobody["CPL_AWS_EC2_API_ROOT_URL"] = "http://127.0.0.1:9"
        let unsigned = try store.run("antares system init -s3 --bucket cube", environment: nobody)
        #expect(unsigned.status == 74 && unsigned.errors.contains("AWS_PROFILE"), "\(unsigned.errors)")
        nobody["AWS_NO_SIGN_REQUEST"] = "YES"
        let closed = try store.run(
            "antares prepare_metadata -b archive -p scenes -d s2_l2a_20m -o a.yaml",
            environment: nobody
        )
        #expect(closed.status == 1 && closed.errors.contains("the store answers HTTP 403"), "\(closed.errors)")
        let opening = """
            for item in s3.list_objects_v2(Bucket='archive')['Contents']:
                s3.put_object_acl(Bucket='archive', Key=item['Key'], ACL='public-read')
            """
        #expect(try store.server.run(opening).status == 0)
        try store.done("antares prepare_metadata -b archive -p scenes -d s2_l2a_20m -o a.yaml", environment: nobody)
        var nowhere = store.server.environment
        nowhere["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
        nowhere["GDAL_HTTP_RETRY_DELAY"] = "0.01"
        let silent = try store.run("antares system init -s3 --bucket cube", environment: nowhere)
        #expect(silent.status == 74 && silent.errors.contains("the store does not answer: Failed to connect"))
        #expect(silent.errors.contains("the address in S3_ENDPOINT"))
        // From now on moto checks who asks, and knows nobody.
        let strict = try run(
            "curl",
            ["-sf", "-H", "Content-Type: text/plain", "-d", "0", "\(store.server.address)/moto-api/reset-auth"]
        )
        #expect(strict.status == 0)
        let wrong = try store.run("antares system init -s3 --bucket cube")
        #expect(wrong.status == 74 && wrong.errors.contains("InvalidAccessKeyId (HTTP 403)"), "\(wrong.errors)")
        #expect(wrong.errors.contains("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"))
        #expect(!wrong.errors.contains("secret"))
    }

    @Test func `a store in trouble costs the tiles it concerns, and the same command mends them`() throws {
        let store = try StoreCube()
        defer { store.server.close() }
        let front = try FaultyStore(before: store.server)
        defer { front.close() }
        try store.done("antares index s3://archive/scenes -d s2_l2a_20m")
        try store.writeIngestion("s3.yaml", output: "stored", storage: Self.storage, location: "t")
        var environment = front.environment
        environment["GDAL_HTTP_LOW_SPEED_TIME"] = "2"
        environment["GDAL_HTTP_MAX_RETRY"] = "3"
        // Busy at first, for all bands of one day; for good with another; broken off in the middle with the third.
        try front.setRules("PUT 20170115 busy\nPUT 20170515 broken\nPUT _20170915 drop\n")
        let first = try store.run("antares ingest -c s3.yaml --jobs 2", environment: environment)
        #expect(first.status == 1)
        #expect(first.errors.contains("bucket 'cube', key 't/s2_l2a_20m/"), "\(first.errors.prefix(600))")
        let there = try store.objects("cube").keys
        #expect(there.contains { $0.contains("20170115") && $0.hasSuffix(".odc-metadata.yaml") })
        #expect(!there.contains { $0.contains("20170515") || $0.contains("20170915") })
        #expect(try store.cube.indexedCount("stored") == there.count { $0.hasSuffix(".odc-metadata.yaml") })
        try front.setRules("")
        try store.done("antares ingest -c s3.yaml --jobs 2", environment: environment)
        let all = try store.objects("cube").keys
        #expect(try store.cube.indexedCount("stored") == all.count { $0.hasSuffix(".odc-metadata.yaml") })
        #expect(all.contains { $0.contains("20170515") } && all.contains { $0.contains("20170915") })
        // Reading: what never answers is given up, and the scene named.
        try front.setRules("GET _B04_20m mute\n")
        let mute = try store.run(
            "antares export -n s2_l2a_20m_granule -b red -o red.tif",
            environment: environment.merging(["GDAL_HTTP_MAX_RETRY": "0"]) { $1 }
        )
        #expect(mute.status == 1 && mute.errors.contains("_B04_20m"), "\(mute.errors)")
    }
}
