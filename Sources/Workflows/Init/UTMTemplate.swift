/// A zone of UTM on one side of the equator, as `13N`.
public struct UTMGridZone: Sendable, Equatable {
    public let number: Int
    public let isNorth: Bool

    /// Nil for what is no zone: 1 to 60 and N or S.
    public init?(_ text: String) {
        guard let match = text.wholeMatch(of: #/0?(\d{1,2})([NnSs])/#), let number = Int(match.1),
            (1...60).contains(number)
        else { return nil }
        (self.number, isNorth) = (number, match.2.lowercased() == "n")
    }

    /// The zone of an EPSG code of WGS 84 / UTM, 32601 to 32760.
    init?(epsg: Int) {
        guard let number = [32_600, 32_700].map({ epsg - $0 }).first(where: { (1...60).contains($0) }) else {
            return nil
        }
        (self.number, isNorth) = (number, epsg < 32_700)
    }

    public var epsg: Int { (isNorth ? 32_600 : 32_700) + number }
    /// As names of products and files have it.
    var mark: String { "utm_\(number)\(isNorth ? "n" : "s")" }
    var title: String { "UTM zone \(number) \(isNorth ? "north" : "south")" }
}

/// Ingestion configurations of one zone of UTM, made over for another.
public enum UTMTemplate {
    /// The text of a configuration for another zone: its CRS, and the zone in names, titles and paths.
    ///
    /// - Throws: `WorkflowError` for a configuration that is of no zone of UTM.
    public static func text(_ text: String, origin: String, for zone: UTMGridZone) throws -> String {
        guard let match = text.firstMatch(of: #/(?m)^ *crs: *"?EPSG:(\d+)/#), let code = Int(match.1),
            let own = UTMGridZone(epsg: code)
        else {
            throw WorkflowError(
                .badRequest,
                "'\(origin)' is of no zone of UTM: its storage.crs is none of EPSG:32601 to 32760",
                hint: "Take one of those whose names end in utm_13n."
            )
        }
        return text.replacing("EPSG:\(own.epsg)", with: "EPSG:\(zone.epsg)").replacing(own.mark, with: zone.mark)
            .replacing(own.title, with: zone.title)
    }
}
