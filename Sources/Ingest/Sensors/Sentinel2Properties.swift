import Documents
import Foundation
import Geo

extension Sentinel2Scene {
    /// What EO3 and the Sentinel-2 extension of STAC call the facts of the scene.
    func properties(gsd: Int) throws -> DocumentObject {
        let tileID = try tileXML.required("//TILE_ID")
        var all = DocumentObject()
        all["eo:platform"] = .string(try platform(tileID))
        all["eo:instrument"] = "MSI"
        all["eo:constellation"] = "sentinel-2"
        all["eo:gsd"] = .integer(gsd)
        all["eo:cloud_cover"] = cloudCover.map { .double($0) }
        all["eo:sun_elevation"] = tileXML.text("//Mean_Sun_Angle/ZENITH_ANGLE").flatMap { Double($0) }.map {
            .double(90 - $0)
        }
        all["eo:sun_azimuth"] = tileXML.text("//Mean_Sun_Angle/AZIMUTH_ANGLE").flatMap { Double($0) }.map {
            .double($0)
        }
        all["odc:product_family"] = level == .l2a ? "sr" : "l1"
        all["dea:dataset_maturity"] = "final"
        if let tile = tileID.firstMatch(of: #/_T(\d\d[A-Z]{3})_/#) {
            let name = String(tile.1)
            all["odc:region_code"] = .string(name)
            all["sentinel:utm_zone"] = Int(name.prefix(2)).map { .integer($0) }
            all["sentinel:latitude_band"] = .string(String(name.dropFirst(2).prefix(1)))
            all["sentinel:grid_square"] = .string(String(name.suffix(2)))
        }
        all["sentinel:product_id"] = .string(try identifier)
        all["sentinel:sentinel_tile_id"] = .string(tileID)
        let datatake =
            productXML?.text("//@datatakeIdentifier") ?? item?.at("properties", "s2:datatake_id")?.string
        all["sentinel:datatake_id"] = datatake.map { .string($0) }
        all["sentinel:datatake_start_datetime"] = productXML?.text("//DATATAKE_SENSING_START")
            .flatMap(Timestamp.parse).map { .string(Timestamp.iso($0)) }
        all["sentinel:orbit"] = productXML?.text("//SENSING_ORBIT_NUMBER").flatMap { Int($0) }.map { .integer($0) }
        all["s2:processing_baseline"] = .string(try baseline)
        return all
    }

    /// `sentinel-2a`.
    private func platform(_ tileID: String) throws -> String {
        if let name = productXML?.text("//SPACECRAFT_NAME") { return name.lowercased() }
        guard let letter = tileID.firstMatch(of: #/^S2([A-D])_/#) else { throw tileXML.lacks("satellite in TILE_ID") }
        return "sentinel-2\(letter.1.lowercased())"
    }

    /// In percent.
    private var cloudCover: Double? {
        if let item = item?.at("properties", "eo:cloud_cover")?.double { return item }
        let text = tileXML.text("//CLOUDY_PIXEL_PERCENTAGE") ?? productXML?.text("//Cloud_Coverage_Assessment")
        return text.flatMap { Double($0) }
    }
}
