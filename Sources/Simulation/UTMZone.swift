public import Geo
import Raster

/// A zone of the Universal Transverse Mercator grid on WGS 84.
public struct UTMZone: Sendable, Hashable {
    /// 1...60.
    public let number: Int
    public let isSouthern: Bool

    public init(number: Int, isSouthern: Bool) { (self.number, self.isSouthern) = (number, isSouthern) }

    /// The zone of a place in degrees, with the exceptions of south-west Norway and Svalbard.
    public init(longitude: Double, latitude: Double) {
        var number = Int(((longitude + 180) / 6).rounded(.down)) % 60 + 1
        if (56..<64).contains(latitude), (3..<12).contains(longitude) { number = 32 }
        if (72...84).contains(latitude), (0..<42).contains(longitude) {
            number = longitude < 9 ? 31 : longitude < 21 ? 33 : longitude < 33 ? 35 : 37
        }
        self.init(number: number, isSouthern: latitude < 0)
    }

    public var crs: CRS { CRS("EPSG:\((isSouthern ? 32700 : 32600) + number)") }

    /// The northern system of the zone, in which the USGS delivers scenes of both hemispheres.
    public var northernCRS: CRS { CRS("EPSG:\(32600 + number)") }

    /// What is added to northings of `crs` so that they count from the equator.
    var falseNorthing: Double { isSouthern ? 10_000_000 : 0 }

    /// The letter of the latitude band (C...X without I and O).
    public static func band(latitude: Double) -> Character {
        let letters = Array("CDEFGHJKLMNPQRSTUVWX")
        return letters[min(max(Int(((latitude + 80) / 8).rounded(.down)), 0), letters.count - 1)]
    }

    /// The letters of the 100 km square of the Military Grid Reference System.
    ///
    /// - Parameters:
    ///   - column: Easting in whole 100 km; counted on in the same set of letters outside of the zone.
    ///   - row: Northing in whole 100 km; negative counts on southwards.
    /// - Returns: Two letters.
    public func square(column: Int, row: Int) -> String {
        let sets = ["STUVWXYZ", "ABCDEFGH", "JKLMNPQR"].map(Array.init)
        let columns = sets[number % 3]
        let rows = Array("ABCDEFGHJKLMNPQRSTUV")
        let shifted = row + (number.isMultiple(of: 2) ? 5 : 0)
        return String([columns[modulo(column - 1, 8)], rows[modulo(shifted, 20)]])
    }
}

func modulo(_ value: Int, _ divisor: Int) -> Int { (value % divisor + divisor) % divisor }
