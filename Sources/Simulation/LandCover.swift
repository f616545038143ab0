/// The land-cover classes of a simulated landscape; the raw value is the code in truth maps.
public enum LandCover: UInt8, Sendable, CaseIterable {
    case forest = 1
    case dryForest, irrigatedCrop, rainfedCrop, pasture, urban, bare, water

    /// The name in legends and training points.
    public var name: String {
        switch self {
        case .forest: "forest"
        case .dryForest: "dry_forest"
        case .irrigatedCrop: "crop_irrigated"
        case .rainfedCrop: "crop_rainfed"
        case .pasture: "pasture"
        case .urban: "urban"
        case .bare: "bare"
        case .water: "water"
        }
    }

    /// A colour for maps, `#rrggbb`.
    public var color: String {
        switch self {
        case .forest: "#1b6b2f"
        case .dryForest: "#8a9a3b"
        case .irrigatedCrop: "#4fd14a"
        case .rainfedCrop: "#e8c84a"
        case .pasture: "#c9dd8f"
        case .urban: "#d1344b"
        case .bare: "#b08b66"
        case .water: "#2b6fc2"
        }
    }

    /// What becomes of a patch of this class when it changes, nil for classes that stay.
    func successor(_ random: Double) -> LandCover? {
        switch self {
        case .forest: random < 0.5 ? .pasture : random < 0.8 ? .rainfedCrop : .bare
        case .dryForest: random < 0.45 ? .pasture : random < 0.85 ? .rainfedCrop : .bare
        case .irrigatedCrop, .rainfedCrop: random < 0.6 ? .urban : .bare
        case .pasture: random < 0.4 ? .urban : random < 0.8 ? .irrigatedCrop : .bare
        case .urban, .bare, .water: nil
        }
    }
}
