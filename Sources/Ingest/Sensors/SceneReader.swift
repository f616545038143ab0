public import Documents

/// Makes the dataset document of a scene from the files of its sensor.
public protocol SceneReader: Sendable {
    /// The dataset name on the command line.
    var name: String { get }
    /// The product to which the documents belong.
    var product: String { get }
    /// What a scene of this sensor looks like on disk, for messages.
    var layout: String { get }

    /// True where a folder looks like a scene of this sensor; whether it is complete is not checked.
    func detect(_ folder: String) -> Bool

    /// The document of the scene in the folder `path`.
    ///
    /// - Throws: `SceneError` where something is missing or damaged, naming the file and what to do.
    func prepare(_ path: String, identity: SceneIdentity) throws -> DocumentValue
}

/// The readers of all known sensors.
public enum SceneReaders {
    public static let all: [any SceneReader] = [
        Sentinel2L2A20m(), Sentinel2L2A10m(), LandsatCollection2(), SRTMMosaic(),
    ]

    /// The reader of a dataset name, nil where none is known.
    public static func reader(named name: String) -> (any SceneReader)? { all.first { $0.name == name } }
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
