import Documents
import Foundation
import Geo
import TestSupport
import Testing

@testable import Ingest

@Suite struct CFTimeTests {
    /// By Python's cftime 1.6: num2date(n, units, calendar); days that the real calendar lacks become the last of the month.
    @Test(
        arguments: [
            ("days since 2001-1-1", "360_day", 45.0, "2001-02-16T00:00:00Z"),
            ("days since 2001-1-1", "360_day", 59, "2001-02-28T00:00:00Z"),
            ("days since 2001-1-1", "360_day", 705, "2002-12-16T00:00:00Z"),
            ("days since 1950-01-01 00:00:00", "standard", 18_108, "1999-07-31T00:00:00Z"),
            ("Hour since 2001-12-31T23:00:00Z", "proleptic_gregorian", 5, "2002-01-01T04:00:00Z"),
            ("days since 2000-01-01", "noleap", 59, "2000-03-01T00:00:00Z"),
            ("days since 2000-01-01", "noleap", 365 * 4 + 59, "2004-03-01T00:00:00Z"),
            ("days since 2001-01-01", "all_leap", 59, "2001-02-28T00:00:00Z"),
            ("days since 2001-01-01", "all_leap", 60, "2001-03-01T00:00:00Z"),
            ("seconds since 1970-01-01 00:00:00", "", 1_450_433_535, "2015-12-18T10:12:15Z"),
            ("minutes since 1999-12-31 23:30:00.5", "julian", 60, "2000-01-01T00:30:00.500000Z"),
        ] as [(String, String, Double, String)]
    ) func `numbers become moments in every calendar`(
        units: String,
        calendar: String,
        number: Double,
        time: String
    ) throws {
        let clock = try #require(CFTime(units: units, calendar: calendar))
        #expect(Timestamp.iso(try #require(clock.date(number))) == time)
    }

    @Test func `what is no time is none`() throws {
        #expect(CFTime(units: "months since 2000-01-01", calendar: nil) == nil)
        #expect(CFTime(units: "metres", calendar: nil) == nil)
        #expect(CFTime(units: "days since 2000-01-01", calendar: "martian") == nil)
        let clock = try #require(CFTime(units: "days since 2000-01-01", calendar: "noleap"))
        #expect(clock.date(.nan) == nil)
        #expect(clock.date(1e300) == nil)
    }
}

@Suite(.enabled(if: RealScenes.isHere, "SKIPPED: no folder of real scenes, see ANTARES_TEST_DATA"))
struct NetCDFCubeTests {
    private func documents(_ name: String, _ options: SceneOptions = .init()) throws -> [DocumentValue] {
        try NetCDFCube().prepare(RealScenes.path(name), options: options)
    }

    @Test func `a cube of a 360-day calendar gives a dataset a month, with its bounds`() throws {
        let all = try documents("netcdf-cf/tos_O1_2001-2002.nc")
        #expect(all.count == 24)
        #expect(all[1].at("properties", "datetime") == "2001-02-16T00:00:00Z")
        #expect(all[1].at("properties", "dtr:start_datetime") == "2001-02-01T00:00:00Z")
        #expect(all[1].at("properties", "dtr:end_datetime") == "2001-02-28T23:59:59.999999Z")
        #expect(all[1].at("measurements", "tos", "band") == 2)
        #expect(all[1].at("grids", "default", "shape") == [170, 180])
        // ncdump: lon 1, 3 … 359, lat -79.5 … 89.5, rows run north.
        let transform = all[0].at("grids", "default", "transform")?.array?.compactMap(\.double)
        #expect(transform == [2, 0, 0, 0, 1, -80, 0, 0, 1])
        // Longitudes from 0 to 360 stay what they are.
        #expect(all[0]["crs"]?.string?.contains("+lon_wrap=180") == true)
        #expect(Set(all.compactMap { $0["id"]?.string }).count == 24)
        #expect(all[0].at("product", "name") == "tos_o1")
    }

    @Test func `scale, offset and variables without time are kept`() throws {
        let ocean = try #require(try documents("netcdf-cf/reduced.nc").first)
        #expect(ocean["measurements"]?.object?.keys == ["sst", "anom", "err", "ice"])
        #expect(abs((ocean.at("properties", "antares:scaling", "sst", "scale_factor")?.double ?? 0) - 0.01) < 1e-9)
        let product = try ProductDraft.definition(for: ocean)
        #expect(product["measurements"]?.array?.first?["nodata"] == -999)
        #expect(product["measurements"]?.array?.first?["units"] == "degree_C")
        let fields = try documents("s2-eopatch-slovenia/eopatch_s2_ndvi_2015_2017.nc")
        #expect(fields.count == 68)
        #expect(fields[9].at("properties", "datetime") == "2015-12-18T10:12:15Z")
        #expect(fields[9].at("measurements", "dem", "band") == nil)
        #expect(fields[9].at("measurements", "ndvi", "band") == 10)
        #expect(fields[9]["crs"] == "epsg:32633")
    }

    @Test func `kilometres stay kilometres`() throws {
        let rain = try #require(try documents("netcdf-cf/lcc_km.nc").first)
        // gdalinfo NETCDF:lcc_km.nc:prcp: pixel size 1, and a unit of 1000 m.
        #expect(rain.at("grids", "default", "transform")?.array?.first == 1.0)
        #expect(rain["crs"]?.string?.contains("1000") == true)
        #expect(rain.at("properties", "datetime") == "1980-07-01T12:00:00Z")
    }

    @Test(arguments: [
        ("test_stageiv_xyt.nc", "is curvilinear, 'lat' gives a place for each pixel"),
        ("timeseries.nc", "holds samples at places (featureType timeSeries), no grid"),
    ]) func `what has no regular grid is refused with the reason`(name: String, reason: String) throws {
        let error = #expect(throws: SceneError.self) { try documents("netcdf-cf/\(name)") }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}
