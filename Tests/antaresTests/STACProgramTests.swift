import Documents
import Foundation
import Geo
import Postgres
import Raster
import TestSupport
import Testing

/// `antares stac`: from an index to a static catalogue, from that through a real STAC API into another index, and to files.
@Suite(.enabled(if: TestSTAC.isAvailable, "SKIPPED: TESTS OF STAC NEED POSTGRESQL AND PYTHON"), .serialized)
struct STACProgramTests {
    /// An index with scenes, their catalogue, a server of the files, and an API with the items.
    private struct World {
        let job: TestJob
        let catalogue: String
        let files: WebServer
        let api: WebServer

        init() throws {
            job = try TestJob()
            let home = job.program.home
            for line in [
                "init --no-conf-setup",
                "simulate --sensor landsat_c2 --out sim --lon -103.4 --lat 20.6 --size-km 4 --tiles 2 --seed 7 "
                    + "--dates 2017-01-15,2017-05-15",
                "index sim/scenes", "stac export landsat_c2_l2 -o linked --thumbnails",
                "stac export landsat_c2_l2 -o copied --files copy",
            ] {
                let result = try job.antares(line)
                try #require(result.status == 0, "\(line): \(result.errors)")
            }
            catalogue = home.path("linked")
            files = try TestSTAC.serve(files: home.path)
            api = try TestSTAC.serve([home.path("copied")], files: "\(files.address)/tree/copied")
            atexit { STACProgramTests.close() }
        }
    }

    private static let world = Result { try World() }
    private static func close() {
        guard let world = try? world.get() else { return }
        world.api.close()
        world.files.close()
    }

    private func antares(_ job: TestJob, _ words: [String], _ more: [String: String] = [:]) throws -> ShellResult {
        try job.program.run(words, environment: job.environment.merging(more) { $1 })
    }

    /// An index without products.
    private func emptyJob() throws -> TestJob {
        let job = try TestJob()
        try #require(try job.antares("init --no-conf-setup").status == 0)
        return job
    }

    /// The pixels of a product's red on a day.
    private func red(_ job: TestJob, _ name: String, of product: String = "landsat_c2_l2") throws -> [UInt16] {
        let result = try job.antares("export -n \(product) -b red --time 2017-01-15 -o \(name).tif")
        try #require(result.status == 0, "\(result.errors)")
        return try RasterFile(opening: job.program.home.path("\(name).tif")).read(UInt16.self, band: 1)
    }

    @Test func `pystac opens an exported catalogue, and odc-stac reads the pixels that rasterio reads`() throws {
        let world = try Self.world.get()
        let script = """
            import json, sys, numpy, odc.stac, pystac, rasterio
            from odc.geo.geobox import GeoBox
            report = []
            for root in sys.argv[1:]:
                catalog = pystac.Catalog.from_file(root + "/catalog.json")
                items = list(catalog.get_items(recursive=True))
                for item in items:
                    assert item.ext.proj.code == "EPSG:32613" and item.assets["red"].extra_fields["bands"][0]["nodata"] == 0
                # What stac-browser shows and asks for: titles in links, three bands for a picture, times in milliseconds.
                    titles = {link.rel: link.title for link in item.links if link.rel != "self"}
                    assert titles == {"root": catalog.title, "parent": "landsat_c2_l2", "collection": "landsat_c2_l2"}, titles
                    visual = {a.extra_fields.get("bands", [{}])[0].get("eo:common_name"): k for k, a in item.assets.items()}
                    assert [visual[name] for name in ("red", "green", "blue", "swir16")] == ["red", "green", "blue", "swir1"]
                    assert item.datetime.microsecond % 1000 == 0
                    assert ("thumbnail" in item.assets) == root.endswith("linked")
                parent = items[0].get_parent()
                assert {l.title for l in parent.get_item_links()} == {i.properties["title"] for i in items}
                if root.endswith("linked"):
                    with rasterio.open(items[0].assets["thumbnail"].get_absolute_href()) as picture:
                        assert (picture.driver, picture.count, max(picture.shape)) == ("PNG", 4, 256)
                        assert picture.read(4).mean() > 200 and picture.read(1).std() > 5
                item = items[0]
                with rasterio.open(item.assets["red"].get_absolute_href()) as file:
                    own, box = file.read(1), GeoBox.from_rio(file)
                read = odc.stac.load([item], bands=["red"], geobox=box).red.values[0]
                report.append([len(items), bool(numpy.array_equal(read, own)), int(own.max())])
            print(json.dumps(report))
            """
        let result = try TestSTAC.run(script, [world.catalogue, world.job.program.home.path("copied")])
        try #require(result.status == 0, "\(result.errors.suffix(3000))\(result.output)")
        let report = try #require(try JSONText.parse(result.output, origin: "report").array)
        #expect(report.count == 2)
        #expect(
            report.allSatisfy { $0.array?[0] == 4 && $0.array?[1] == true && $0.array?[2].integer ?? 0 > 0 },
            "\(report)"
        )
    }

    @Test(.enabled(if: TestSTAC.hasSchemas, "SKIPPED: NO SCHEMAS OF EXTENSIONS"))
    func `exported documents pass STAC's schemas and those of the extensions that they declare`() throws {
        let world = try Self.world.get()
        let copied = try TestSTAC.validate([world.catalogue, world.job.program.home.path("copied")])
        let all = "landsat_c2_l2: eo projection raster view\n"
        #expect(copied.status == 0 && copied.output == all + all, "\(copied.errors.suffix(3000))\(copied.output)")
        // Products of other kinds: without clouds and sun, without scale, with values that their extensions do not take.
        let job = try emptyJob()
        for line in [
            "simulate --out sim --lon -103.4 --lat 20.6 --size-km 2 --tiles 1 --seed 7 --dates 2017-01-15 --resolutions 60",
            "index sim/scenes -d s2_l2a_60m", "composite -p s2_l2a_60m_granule -b red --reduce max -o red.tif",
            "index red.tif -d geotiff --product plain --bands red --time 2017-01-15",
        ] {
            let result = try job.antares(line)
            try #require(result.status == 0, "\(line): \(result.errors)")
        }
        let session = try Session(job.database)
        try session.execute(
            """
            UPDATE agdc.dataset SET metadata = jsonb_set(metadata, '{properties}', metadata->'properties' ||
                '{"eo:cloud_cover": -1, "eo:sun_azimuth": -30.5, "eo:epsg": 32613, "proj:epsg": 32613}')
            WHERE metadata->'product'->>'name' = 's2_l2a_60m_granule'
            """
        )
        session.close()
        let exported = try job.antares("stac export s2_l2a_60m_granule plain -o catalogue")
        #expect(exported.status == 0, "\(exported.errors)")
        let result = try TestSTAC.validate([job.program.home.path("catalogue")])
        let declared = "plain: eo projection\ns2_l2a_60m_granule: eo projection raster view\n"
        #expect(result.output == declared, "\(result.errors.suffix(3000))")
        let files = job.program.home.files().filter { $0.contains("catalogue/s2_l2a_60m_granule/") }
        let item = try #require(files.first { !$0.hasSuffix("collection.json") })
        let text = try String(contentsOfFile: job.program.home.path(item), encoding: .utf8)
        #expect(text.contains(#""view:sun_azimuth": 329.5"#) && !text.contains("cloud_cover"), "\(text)")
    }

    @Test func `a search asks a real API by place, time and properties, page by page`() throws {
        let world = try Self.world.get()
        let all = ["stac", "search", "--url", world.api.address, "-c", "landsat_c2_l2", "--page-size", "1"]
        let json = try antares(world.job, all + ["--json"])
        #expect(json.status == 0, "\(json.errors)")
        let items = try #require(try JSONText.parse(json.output, origin: "json")["features"]?.array)
        #expect(Set(items.compactMap { $0["id"]?.string }).count == 4)
        func count(_ more: [String]) throws -> Int {
            let result = try antares(world.job, all + more + ["--format", "csv"])
            #expect(result.status == 0, "\(result.errors)")
            return result.output.split(separator: "\n").count - 1
        }
        #expect(try count(["--datetime", "2017-01"]) == 2)
        #expect(try count(["--datetime", "2017-02/.."]) == 2)
        #expect(try count(["--limit", "3"]) == 3)
        #expect(try count(["--bbox", "-104", "20", "-103", "21"]) == 4)
        #expect(try count(["--bbox", "170", "20", "-103", "21"]) == 4)
        #expect(try count(["--bbox", "10", "20", "11", "21"]) == 0)
        #expect(try count(["--query", "eo:cloud_cover<=100"]) == 4)
        #expect(try count(["--query", "eo:cloud_cover<0"]) == 0)
        #expect(try count(["--filter", "platform = 'landsat-7'"]) == 0)
        let shape =
            #"{"type": "Polygon", "coordinates": [[[-104, 20], [-103, 20], [-103, 21], [-104, 21], [-104, 20]]]}"#
        #expect(try count(["--geometry", shape]) == 4)
        let table = try antares(world.job, all + ["--limit", "1"])
        #expect(table.output.hasPrefix("collection") && table.errors.contains("there are more items than --limit 1"))
        let unknown = try antares(
            world.job,
            ["stac", "search", "--url", "\(world.files.address)/tree/linked/catalog.json"]
        )
        #expect(unknown.status == 74 && unknown.errors.contains("it offers no search (a static catalogue?)"))
    }

    @Test func `items of an API are indexed where they are, once, and read like the files themselves`() throws {
        let world = try Self.world.get()
        let job = try emptyJob()
        let words = ["stac", "index", "--url", world.api.address, "-c", "landsat_c2_l2"]
        let first = try antares(job, words)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output == "products added: landsat_c2_l2\ndatasets: 4 added\n")
        #expect(try antares(job, words).output == "datasets: 0 added, 4 already there\n")
        #expect(try red(job, "far") == red(world.job, "near"))
        // The same datasets by their ids, as odc-stac and we make them of a UUID.
        let ids = try [job, world.job].map { try $0.datacube("dataset search product = landsat_c2_l2").output }
            .map { Set($0.split(separator: "\n").filter { $0.hasPrefix("id: ") }) }
        #expect(ids[0] == ids[1] && ids[0].count == 4)
        let renewed = try antares(job, words + ["--update", "--sign"], ["STAC_SIGN": "sig=good&se=2030"])
        #expect(renewed.output == "datasets: 0 added, 4 updated\n", "\(renewed.errors)")
        let session = try Session(job.database)
        defer { session.close() }
        let paths = try session.query("SELECT metadata->'measurements'->'red'->>'path' AS path FROM agdc.dataset")
        #expect(paths.count == 4 && paths.allSatisfy { $0["path"]?.hasSuffix("red.tif?sig=good&se=2030") == true })
        #expect(try red(job, "signed") == red(world.job, "near2"))
    }

    @Test func `downloaded items name their files, are indexed like others, and are not fetched twice`() throws {
        let world = try Self.world.get()
        let job = try emptyJob()
        let words = [
            "stac", "download", "--url", world.api.address, "-c", "landsat_c2_l2", "--assets", "red,nir", "-o",
            "scenes",
        ]
        let first = try antares(job, words)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output == "4 items in scenes: 8 files fetched, 0 there already, 0 failed\n")
        let files = job.program.home.files().filter { $0.hasPrefix("scenes/") }
        #expect(files.count == 12 && files.allSatisfy { !$0.hasSuffix(".part") })
        #expect(try antares(job, words).output == "4 items in scenes: 0 files fetched, 8 there already, 0 failed\n")
        let indexed = try antares(job, ["stac", "index", "scenes", "--product", "red_and_nir"])
        #expect(indexed.status == 0, "\(indexed.errors)")
        #expect(indexed.output == "products added: red_and_nir\ndatasets: 4 added\n")
        #expect(try red(job, "downloaded", of: "red_and_nir") == red(world.job, "near3"))
        // A static catalogue by its address is followed too.
        let tree = "\(world.files.address)/tree/linked/catalog.json"
        let again = try antares(job, ["stac", "index", tree])
        #expect(again.output == "datasets: 0 added, 4 already there\n", "\(again.errors)")
    }

    @Test func `a job of the service fetches nothing from private networks, and no file that it may not read`() throws {
        let world = try Self.world.get()
        let job = try emptyJob()
        let home = job.program.home
        func run(_ words: [String], isPublicOnly: Bool = true) throws -> ShellResult {
            let places =
                "{\"reads\": [\"\(home.path("open"))\"], \"writes\": [], \"fixed\": [], \"isPublicOnly\": \(isPublicOnly)}"
            return try antares(job, ["stac"] + words + ["--places=\(places)"])
        }
        func item(_ href: String) -> String {
            "{\"type\": \"Feature\", \"stac_version\": \"1.0.0\", \"id\": \"x\", \"geometry\": null, \"links\": [], "
                + "\"properties\": {\"datetime\": \"2020-01-01T00:00:00Z\"}, \"assets\": {\"red\": {\"href\": \"\(href)\"}}}"
        }
        let search = ["download", "--url", world.api.address, "-c", "landsat_c2_l2", "--assets", "red", "-o", "kept"]
        let refused = try run(search)
        #expect(refused.status != 0 && refused.errors.contains("which is not a public one"), "\(refused.errors)")
        let allowed = try run(search, isPublicOnly: false)
        #expect(allowed.status == 0, "\(allowed.errors)")
        // A link of a catalogue leads there as well.
        let link = "{\"rel\": \"child\", \"href\": \"\(world.files.address)/tree/linked/catalog.json\"}"
        _ = try home.write(
            "{\"type\": \"Catalog\", \"stac_version\": \"1.0.0\", \"id\": \"c\", \"description\": \"c\", \"links\": [\(link)]}",
            to: "open/catalog.json"
        )
        let linked = try run(["index", "open/catalog.json"])
        #expect(linked.status != 0 && linked.errors.contains("which is not a public one"), "\(linked.errors)")
        for (href, reason) in [
            ("/etc/passwd", "'/etc/passwd'"), ("file:///etc/passwd", "'file:///etc/passwd'"),
            ("../x.tif", "'../x.tif'"),
            ("/vsigzip//etc/passwd", "'/vsigzip//etc/passwd'"), ("s3://other/x.tif", "'s3://other/x.tif'"),
            ("http://169.254.169.254/latest", "which is not a public one"),
        ] {
            _ = try home.write(item(href), to: "open/item.json")
            let result = try run(["download", "open/item.json", "-o", "got"])
            #expect(result.status != 0 && result.errors.contains(reason), "\(href): \(result.errors)")
        }
        #expect(!home.files().contains { $0.hasPrefix("got/") })
        _ = try home.write(item("x.tif"), to: "closed/item.json")
        let closed = try run(["download", "closed/item.json", "-o", "got"])
        #expect(closed.status != 0 && closed.errors.contains("closed/item.json', which is not below"))
    }

    @Test
    func `a VRT that somebody brought leads to nothing that a job may not read, nor one on the web to this machine`()
        throws
    {
        let world = try Self.world.get()
        let job = try emptyJob()
        let home = job.program.home
        let scene = try #require(world.job.program.home.files().first { $0.hasSuffix("_SR_B4.TIF") })
        try FileManager.default.createDirectory(atPath: home.path("open/scene"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: world.job.program.home.path(scene),
            toPath: home.path("open/scene/red.tif")
        )
        func vrt(_ source: String) -> String {
            "<VRTDataset rasterXSize=\"10\" rasterYSize=\"10\"><SRS>EPSG:32613</SRS>"
                + "<GeoTransform>600000, 30, 0, 2300000, 0, -30</GeoTransform>"
                + "<VRTRasterBand dataType=\"Byte\" band=\"1\" \(source)</VRTRasterBand></VRTDataset>"
        }
        let raw = "subClass=\"VRTRawRasterBand\"><SourceFilename relativeToVRT=\"0\">/etc/passwd</SourceFilename>"
        func simple(_ name: String) -> String {
            "><SimpleSource SourceFilename=\"\(name)\"><SourceBand>1</SourceBand></SimpleSource>"
        }
        func inside(_ name: String) -> String {
            "><SimpleSource><SourceFilename relativeToVRT=\"1\">\(name)</SourceFilename><SourceBand>1</SourceBand></SimpleSource>"
        }
        func index(_ words: [String] = []) throws -> ShellResult {
            try antares(
                job,
                ["index", "scenes", "open/scene", "-d", "geotiff", "--time", "2017-01-01"] + words
            )
        }
        let places = "{\"reads\": [\"\(home.path("open"))\"], \"writes\": [], \"fixed\": [], \"isPublicOnly\": false}"
        let others = ["/etc/passwd", "../../closed/x.tif", "NETCDF:&quot;/etc/x.nc&quot;:b", "/vsigzip//etc/x.gz"]
        for source in [raw] + others.map(simple) {
            _ = try home.write(vrt(source), to: "open/scene/a.vrt")
            let refused = try index(["--places=\(places)"])
            #expect(refused.errors.contains("which it may not lead to"), "\(source): \(refused.errors)")
        }
        // Through a second one.
        _ = try home.write(vrt(raw), to: "open/b.vrt")
        _ = try home.write(vrt(inside("../b.vrt")), to: "open/scene/a.vrt")
        let nested = try index(["--places=\(places)"])
        #expect(nested.errors.contains("refers to '/etc/passwd', which it may not lead to"), "\(nested.errors)")
        // What it may read it shows, and whoever runs the program himself reads what he likes.
        _ = try home.write(vrt(inside("red.tif")), to: "open/scene/a.vrt")
        let allowed = try index(["--places=\(places)"])
        #expect(allowed.status == 0, "\(allowed.errors)")
        _ = try home.write(vrt(raw), to: "open/scene/a.vrt")
        let own = try index()
        #expect(!own.errors.contains("may not lead to"), "\(own.errors)")
        // On the web.
        _ = try world.job.program.home.write(vrt(raw), to: "linked/raw.vrt")
        let error = #expect(throws: RasterError.self) {
            _ = try RasterFile(opening: "\(world.files.address)/tree/linked/raw.vrt")
        }
        #expect(error?.description.contains("which it may not lead to") == true, "\(String(describing: error))")
    }

    @Test func `with --clip only the window is fetched, with the pixels that the file has there`() throws {
        let world = try Self.world.get()
        let words = [
            "stac", "download", "--url", world.api.address, "-c", "landsat_c2_l2", "--datetime", "2017-01-15",
            "--assets", "red",
            "--clip", "--bbox", "-103.402", "20.610", "-103.398", "20.614", "-o", "window", "--json",
        ]
        let result = try antares(world.job, words)
        #expect(result.status == 0, "\(result.errors)")
        let documents = try JSONText.parse(result.output, origin: "report")["items"]?.array?.compactMap(\.string) ?? []
        #expect(!documents.isEmpty)
        var compared = 0
        for path in documents {
            let item = try JSONText.parse(String(contentsOfFile: path, encoding: .utf8), origin: path)
            guard let asset = item.at("assets", "red"), let id = item["id"]?.string else { continue }
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            let cut = try RasterFile(opening: folder + "/red.tif")
            let found = cut.geoBox
            let box = try #require(found)
            // 0.004 degrees are some 416 m by 443 m: 14 to 17 pixels of 30 m, and the grid is turned a little.
            #expect((14...18).contains(cut.width) && (15...18).contains(cut.height))
            #expect(asset["proj:shape"] == [.integer(cut.height), .integer(cut.width)])
            let whole = try RasterFile(opening: world.job.program.home.path("copied/landsat_c2_l2/\(id)/red.tif"))
            let wholeBox = whole.geoBox
            let grid = try #require(wholeBox)
            let window = PixelWindow(
                column: Int(((box.affine.c - grid.affine.c) / 30).rounded()),
                row: Int(((grid.affine.f - box.affine.f) / 30).rounded()),
                width: cut.width,
                height: cut.height
            )
            #expect(try cut.read(UInt16.self, band: 1) == whole.read(UInt16.self, band: 1, window: window))
            compared += 1
        }
        #expect(compared > 0)
        let again = try antares(world.job, words)
        #expect(try JSONText.parse(again.output, origin: "report")["fetched"] == 0)
    }

    @Test(.enabled(if: RealScenes.isHere, "SKIPPED: no folder of real scenes, see ANTARES_TEST_DATA"))
    func `real items of Sentinel-2 are found and downloaded from a real API`() throws {
        let world = try Self.world.get()
        // The server shows what is below its folder.
        let folder = world.job.program.home.path("real")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["collection.json", "S2A_33TWL_20230815_0_L2A", "S2B_33TWM_20230820_0_L2A"] {
            try FileManager.default.copyItem(
                atPath: RealScenes.path("s2-l2a-33T/\(name)"),
                toPath: "\(folder)/\(name)"
            )
        }
        let api = try TestSTAC.serve([folder], files: "\(world.files.address)/tree/real")
        defer { api.close() }
        let search = ["--url", api.address, "-c", "sentinel-2-l2a", "--query", "eo:cloud_cover<1"]
        let found = try antares(world.job, ["stac", "search", "-f", "csv"] + search)
        #expect(found.output.split(separator: "\n").dropFirst().allSatisfy { $0.contains("S2A_33TWL_20230815_0_L2A") })
        let result = try antares(world.job, ["stac", "download", "-o", "s2", "-a", "scl,granule_metadata"] + search)
        #expect(result.output.contains("2 files fetched"), "\(result.errors)")
        for name in ["SCL.tif", "granule_metadata.xml"] {
            let fetched = world.job.program.home.path("s2/sentinel-2-l2a/S2A_33TWL_20230815_0_L2A/\(name)")
            let original = RealScenes.path("s2-l2a-33T/S2A_33TWL_20230815_0_L2A/\(name)")
            #expect(FileManager.default.contentsEqual(atPath: fetched, andPath: original))
        }
        let none = try antares(world.job, ["stac", "download", "-o", "s2", "-a", "no_such"] + search)
        #expect(none.status == 1 && none.errors.contains("the item has no asset 'no_such'"))
    }

    @Test func `the authorization goes to the API of the configuration alone, and into no log`() throws {
        let world = try Self.world.get()
        let home = try TemporaryFolder()
        _ = try home.write("", to: "x")
        let own = try TestSTAC.serve(files: home.path)
        defer { own.close() }
        let access = ["STAC_URL": "\(own.address)/api/plain", "STAC_AUTHORIZATION": "Bearer very-secret-word"]
        let log = home.path("log.txt")
        let result = try antares(world.job, ["stac", "search", "-vvv", "--log-file", log], access)
        #expect(result.status == 0, "\(result.errors)")
        let other = try antares(world.job, ["stac", "search", "--url", "\(world.files.address)/api/plain"], access)
        #expect(other.status == 0, "\(other.errors)")
        func authorizations(_ server: WebServer) throws -> Set<String?> {
            let fetch = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"
            let log = try TestSTAC.run(fetch, ["\(server.address)/log"]).output
            let asked = try JSONText.parse(log, origin: "log").array ?? []
            return Set(
                asked.filter { $0["path"]?.string?.hasPrefix("/api/") == true }
                    .map { $0.at("headers", "authorization")?.string }
            )
        }
        #expect(try authorizations(own) == ["Bearer very-secret-word"])
        #expect(try authorizations(world.files) == [nil])
        let texts = [result.errors, result.output, try String(contentsOfFile: log, encoding: .utf8)]
        #expect(texts.allSatisfy { !$0.contains("very-secret-word") })
        let shown = try antares(world.job, ["config", "show"], access)
        #expect(shown.output.contains("STAC_AUTHORIZATION") && !shown.output.contains("very-secret-word"))
    }
}
