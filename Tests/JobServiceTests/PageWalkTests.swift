import Foundation
import Postgres
import TestSupport
import Testing

/// What drives a browser.
private enum Browser {
    static let python = VirtualEnvironment.programs(of: "browser").map { $0 + "/python" }

    /// False where the browser or what drives it is missing, which the log says in capitals.
    static let isAvailable: Bool = {
        guard python != nil, FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium") else {
            announceSkipped("the walk through the pages", because: "It needs chromium and scripts/venv.sh browser.")
            return false
        }
        return true
    }()
}

/// All pages in Chromium, with scenes that are indexed; screenshots stay in `.build/screenshots`.
@Suite(.enabled(if: Browser.isAvailable && TestDatabase.isAvailable)) struct PageWalkTests {
    @Test func `people can log in, describe, submit, watch, look, correct and log out`() throws {
        let database = try TestDatabase.make()
        var environment: [String: String] = [:]
        environment["DB_DATABASE"] = database.database
        environment["DB_HOSTNAME"] = database.host
        environment["DB_PORT"] = database.port.map(String.init)
        environment["DB_USERNAME"] = database.user
        let service = try TestService(environment: environment)
        defer { service.close() }
        let home = service.program.home
        for line in [
            "simulate --out s --lon -103.4 --lat 20.6 --size-km 4 --tiles 1 --seed 7 --resolutions 20 --points 2 "
                + "--dates 2017-01-15,2017-05-15",
            "init --no-create-tables", "system init",
            "product add \(home.path(".config/madmex/indexing/s2_l2a_20m_granule.yaml"))",
            "prepare_metadata --path \(home.path("s/scenes")) --dataset_name s2_l2a_20m --outfile s2.yaml",
            "dataset add s2.yaml",
        ] {
            let done = try service.antares(line.split(separator: " ").map(String.init))
            try #require(done.status == 0, "\(line): \(done.errors)")
        }
        let ana = try service.addUser("ana", "--administrator")
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let script = source.appending(path: "Tests/Python/service_pages.py").path
        let shots = source.appending(path: ".build/screenshots").path
        let words = [script, service.address, ana.name, ana.password, shots, "s2_l2a_20m_granule"]
        let python = try #require(Browser.python)
        let walk = try run(python, words)
        #expect(walk.status == 0, "\(walk.output)\n\(walk.errors)")
        try readByWMTS(service, ana)
    }

    /// GDAL finds the tiles by the capabilities, as QGIS does, and puts them where the scene is.
    private func readByWMTS(_ service: TestService, _ user: TestService.User) throws {
        let map = service.program.home.path("wmts.tif")
        let window = ["-projwin_srs", "EPSG:4326", "-projwin", "-103.41", "20.61", "-103.39", "20.59"]
        let layer = "WMTS:\(service.address)/wmts,layer=s2_l2a_20m_granule"
        let environment = [
            "GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_USERPWD": "\(user.name):\(user.password)",
            "GDAL_DEFAULT_WMS_CACHE_PATH": service.program.home.path("tiles-of-gdal"),
        ]
        let read = try run("gdal_translate", window + ["-outsize", "64", "64", layer, map], environment: environment)
        try #require(read.status == 0, "\(read.errors)")
        let told = try run("gdalinfo", ["-json", "-stats", map])
        let document = try JSONSerialization.jsonObject(with: Data(told.output.utf8)) as? [String: Any]
        let bands = try #require(document?["bands"] as? [[String: Any]])
        // The window is within the scene: nothing of it is transparent, and it shows something.
        #expect(bands.count == 4 && bands[3]["minimum"] as? Double == 255, "\(told.output)")
        #expect(bands[0]["stdDev"] as? Double ?? 0 > 1, "\(told.output)")
    }
}
