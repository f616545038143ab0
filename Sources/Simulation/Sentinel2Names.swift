import Foundation
import Geo

/// The identifiers of one simulated Sentinel-2 scene, all derived from its tile, its date and the plan.
struct Sentinel2Names: Sendable {
    let spacecraft: String, baseline: String, tile: String
    /// Start of the datatake, as product names hold it.
    let datatakeStart: Date
    /// When the tile itself was seen.
    let sensingTime: Date
    let generationTime: Date
    let relativeOrbit: Int, absoluteOrbit: Int

    init(plan: SimulationPlan, tile: SimulatedTile, index: Int, day: Date) {
        let number = Int((day.timeIntervalSince1970 / 86400).rounded(.down))
        // Sentinel-2B delivers from July 2017 on; the two pass in turns of five days.
        spacecraft = number >= 17_353 && (number / 5).isMultiple(of: 2) ? "S2B" : "S2A"
        (baseline, self.tile) = (plan.baseline, tile.name)
        sensingTime = plan.sensingTime(on: day).addingTimeInterval(Double(index) * 1.234567)
        let whole = plan.sensingTime(on: day).timeIntervalSince1970.rounded(.down)
        datatakeStart = Date(timeIntervalSince1970: whole - 402)
        generationTime = Date(timeIntervalSince1970: whole + 12_600)
        relativeOrbit = modulo(Int((plan.center.x * 1.7).rounded()) + 246, 143) + 1
        absoluteOrbit = max(Int(Double(number - 16_609) * 14.3), 1)
    }

    var product: String {
        let version = baseline.replacing(".", with: "")
        let orbit = "R" + String(repeating: "0", count: 3 - String(relativeOrbit).count) + "\(relativeOrbit)"
        return "\(spacecraft)_MSIL2A_\(stamp(datatakeStart))_N\(version)_\(orbit)_T\(tile)_\(stamp(generationTime))"
    }

    var granule: String { "L2A_T\(tile)_\(orbitText)_\(stamp(datatakeStart.addingTimeInterval(-4)))" }
    var tileID: String {
        "\(spacecraft)_OPER_MSI_L2A_TL_SIMU_\(stamp(generationTime))_\(orbitText)_T\(tile)_N\(baseline)"
    }
    var datastripID: String {
        let start = stamp(datatakeStart.addingTimeInterval(-4))
        return "\(spacecraft)_OPER_MSI_L2A_DS_SIMU_\(stamp(generationTime))_S\(start)_N\(baseline)"
    }
    var datatakeID: String {
        "G\(spacecraft)_\(stamp(datatakeStart))_\(String(orbitText.dropFirst()))_N\(baseline)"
    }

    /// The file of a band, without folder and ending.
    func bandFile(_ band: String, resolution: Int) -> String {
        "T\(tile)_\(stamp(datatakeStart))_\(band)_\(resolution)m"
    }

    private var orbitText: String {
        let digits = String(absoluteOrbit)
        return "A" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}

/// `20170115T172311`.
func stamp(_ date: Date) -> String {
    let text = Timestamp.compact(date)
    return "\(text.prefix(8))T\(text.dropFirst(8).prefix(6))"
}
