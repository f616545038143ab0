public import DatacubeIndex
public import Documents
public import Foundation
public import Geo

/// Makes the dataset documents of scenes from the files of their sensor.
public protocol SceneReader: Sendable {
    /// The dataset name on the command line.
    var name: String { get }
    /// The product to which the documents belong, where the options name no other.
    var product: String { get }
    /// What a scene of this sensor looks like on disk, for messages.
    var layout: String { get }
    /// True where a scene tells its sensor by itself, so that it is found without a dataset name.
    var isDetected: Bool { get }

    /// The scenes of this sensor that lie right here: the place itself or files in it, to be handed to `prepare`.
    ///
    /// Whether they are complete is not checked.
    func scenes(at place: ScenePlace, options: SceneOptions) -> [String]

    /// The documents (EO3) of the scene at `path`, mostly one.
    ///
    /// - Throws: `SceneError` where something is missing or damaged, naming the file and what to do.
    func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue]

    /// What antares3's documents of this sensor say in their signature: platform, instrument, format and so on.
    func legacySignature(of document: DocumentValue) -> DocumentObject
}

extension SceneReader {
    public var isDetected: Bool { true }

    public func legacySignature(of document: DocumentValue) -> DocumentObject {
        LegacyLayout.signature(of: document)
    }
}

/// How scenes are described.
public struct SceneOptions: Sendable {
    /// How much of the files is looked at.
    public enum Check: String, Sendable, CaseIterable {
        /// Every file is opened and must be whole.
        case full
        /// Files have to be there; where the metadata tell their grid they are not opened.
        case none
    }

    /// What ids are made of.
    public var identity = SceneIdentity.scene
    public var check = Check.full
    /// Takes the place of the reader's own product.
    public var product: String?
    /// For `geotiff`: how the names of files tell band and date, by groups `band`, `date` and `scene`.
    public var namePattern: String?
    /// For `geotiff`: the names of the bands of each file, in their order.
    public var bands: [String] = []
    /// For `geotiff`: the times of the bands of each file, in their order, where bands are times.
    public var dates: [Date] = []
    /// For files that tell no time of their own.
    public var time: TimeRange?
    /// For `stac`: products that items may belong to.
    public var products: [Product] = []
    /// The value of missing pixels, for files that do not tell.
    public var nodata: Double?
    /// Where computed rasters (slope and aspect) are written; nil means beside what they are made from.
    public var workFolder: String?

    public init() {}

    /// With these ids, and the defaults for all else.
    public init(identity: SceneIdentity) { self.identity = identity }
}

/// A folder or file in which scenes are looked for, listed once for all readers.
public struct ScenePlace: Sendable {
    public let path: String
    public let isFolder: Bool
    /// What the folder holds, sorted, without hidden names.
    public let names: [String]
    private let known: Set<String>

    /// - `path`: Absolute, or one of GDAL's names.
    public init(_ path: String, isFolder: Bool) {
        (self.path, self.isFolder) = (path, isFolder)
        names = isFolder ? SceneFolder(path).names() : []
        known = Set(names)
    }

    /// The last part of the path.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    func has(_ name: String) -> Bool { known.contains(name) }

    func paths(where isWanted: (String) -> Bool) -> [String] { names.filter(isWanted).map { "\(path)/\($0)" } }
}

/// The readers of all known sensors.
public enum SceneReaders {
    /// Those that tell their scenes from others' come first.
    public static let all: [any SceneReader] = [
        Sentinel2L2A20m(), Sentinel2L2A10m(), Sentinel2L2A60m(), Sentinel2L2A(), Sentinel2L1C(),
        LandsatCollection2(), LandsatLevel1(), LandsatESPA(),
        Sentinel1(), MODIS(), CBERS4AWFI(),
        SRTMMosaic(), Bioclimatics(), CountryMask(), BiogeographicZones(),
        STACItems(), NetCDFCube(), GeoTIFFFiles(),
    ]

    /// The order in which readers are asked where no dataset name is given: a whole scene goes before its parts.
    static let detecting: [any SceneReader] = {
        let first = ["s2_l2a"]
        let detected = all.filter { $0.isDetected && !($0 is Sentinel2L2A20m || $0 is Sentinel2L2A60m) }
        return detected.filter { first.contains($0.name) } + detected.filter { !first.contains($0.name) }
    }()

    /// The reader of a dataset name, nil where none is known.
    public static func reader(named name: String) -> (any SceneReader)? { all.first { $0.name == name } }

    /// The first reader that finds scenes at a place, and what it finds.
    public static func detect(
        _ place: ScenePlace,
        options: SceneOptions
    ) -> (reader: any SceneReader, scenes: [String])? {
        // Repackaged scenes seldom hold all bands.
        let isPart = place.has("granule_metadata.xml") && !place.names.contains { $0.hasPrefix("B8A.") }
        for reader in detecting where !(isPart && reader is Sentinel2L2A) {
            let scenes = reader.scenes(at: place, options: options)
            if !scenes.isEmpty { return (reader, scenes) }
        }
        return nil
    }
}

/// What is wrong with a scene on disk.
public struct SceneError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    public let reason: String
    /// What to do.
    public let hint: String

    public init(_ path: String, _ reason: String, hint: String) {
        (self.path, self.reason, self.hint) = (path, reason, hint)
    }

    public var description: String { "'\(path)' \(reason). \(hint)" }
}
