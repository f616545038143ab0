import Crypto
public import Foundation

extension UUID {
    /// The name-based UUID of version 5 (RFC 9562, section 5.5): the same for the same name, anywhere.
    public init(version5 name: String, namespace: UUID) {
        let space = withUnsafeBytes(of: namespace.uuid) { Array($0) }
        var hash = Array(Insecure.SHA1.hash(data: space + Array(name.utf8)).prefix(16))
        hash[6] = hash[6] & 0x0F | 0x50
        hash[8] = hash[8] & 0x3F | 0x80
        self = hash.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    /// The namespace of URLs, 6ba7b811-9dad-11d1-80b4-00c04fd430c8.
    public static let urlNamespace = UUID(
        uuid: (0x6B, 0xA7, 0xB8, 0x11, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30, 0xC8)
    )

    /// In lower case, as documents and Python write it.
    public var text: String { uuidString.lowercased() }
}
