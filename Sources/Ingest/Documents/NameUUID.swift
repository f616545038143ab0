import Crypto
public import Foundation

/// Ids that follow from a name: the same name gives the same id everywhere (RFC 9562, version 5).
public enum NameUUID {
    /// The name space of URLs, which antares3 uses for folder paths.
    public static let urlNamespace = uuid("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
    /// The name space of scenes: made of the name `antares:scene` in the name space of URLs.
    public static let sceneNamespace = make(namespace: urlNamespace, name: "antares:scene")
    /// The name space of tiles: made of the name `antares:tile` in the name space of URLs.
    public static let tileNamespace = make(namespace: urlNamespace, name: "antares:tile")

    /// The id of a name within a name space: SHA-1 over both, cut to 128 bits.
    public static func make(namespace: UUID, name: String) -> UUID {
        var hash = Insecure.SHA1()
        hash.update(data: withUnsafeBytes(of: namespace.uuid) { Data($0) })
        hash.update(data: Data(name.utf8))
        var b = Array(hash.finalize().prefix(16))
        b[6] = b[6] & 0x0F | 0x50
        b[8] = b[8] & 0x3F | 0x80
        let bytes = (
            b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
        )
        return UUID(uuid: bytes)
    }

    /// The id as documents hold it, in lower case.
    public static func text(_ id: UUID) -> String { id.uuidString.lowercased() }

    private static func uuid(_ text: String) -> UUID {
        guard let id = UUID(uuidString: text) else { preconditionFailure("a constant name space is a UUID") }
        return id
    }
}

/// What the id of a scene's dataset is made of.
public enum SceneIdentity: String, Sendable, CaseIterable {
    /// The product and the scene's own identifier: a scene that is moved keeps its id.
    case scene
    /// The path of the scene's folder, as antares3 did: for databases that hold such ids.
    case path

    /// The id of the scene `identifier` of `product`, which lies in the folder `path`.
    public func datasetID(product: String, identifier: String, path: String) -> UUID {
        switch self {
        case .scene: NameUUID.make(namespace: NameUUID.sceneNamespace, name: "\(product)/\(identifier)")
        case .path: NameUUID.make(namespace: NameUUID.urlNamespace, name: path)
        }
    }
}
