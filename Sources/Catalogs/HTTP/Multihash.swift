import Checksums
import Crypto
import Foundation

/// A checksum as STAC's `file:checksum` writes it (multiformats.io/multihash): algorithm, length, digest, in hexadecimal.
public struct Multihash: Sendable, Hashable {
    public enum Algorithm: Int, Sendable {
        case sha1 = 0x11
        case sha256 = 0x12
        case sha512 = 0x13
        case sha384 = 0x20
        case md5 = 0xD5

        var length: Int {
            switch self {
            case .md5: 16
            case .sha1: 20
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }
    }

    public let algorithm: Algorithm
    public let digest: [UInt8]

    public init(_ algorithm: Algorithm, _ digest: [UInt8]) { (self.algorithm, self.digest) = (algorithm, digest) }

    /// Nil for what is none, or of an algorithm that is not known.
    public init?(_ text: String) {
        guard let bytes = Self.bytes(text) else { return nil }
        var rest = bytes[...]
        guard let code = Self.number(&rest), let length = Self.number(&rest), let algorithm = Algorithm(rawValue: code),
            length == rest.count, length == algorithm.length
        else { return nil }
        self.init(algorithm, Array(rest))
    }

    /// As `file:checksum` writes it.
    public var text: String {
        let code = algorithm.rawValue
        let head = code < 0x80 ? [UInt8(code)] : [UInt8(code & 0x7F | 0x80), UInt8(code >> 7)]
        return (head + [UInt8(digest.count)] + digest).hexadecimal
    }

    /// The checksum of a file.
    ///
    /// - Throws: `CatalogError` where it cannot be read.
    public static func of(file path: String, _ algorithm: Algorithm = .sha256) throws(CatalogError) -> Multihash {
        let digest: [UInt8]
        switch algorithm {
        case .md5: digest = try hash(path, Insecure.MD5())
        case .sha1: digest = try hash(path, Insecure.SHA1())
        case .sha256: digest = try hash(path, SHA256())
        case .sha384: digest = try hash(path, SHA384())
        case .sha512: digest = try hash(path, SHA512())
        }
        return Multihash(algorithm, digest)
    }

    private static func hash(_ path: String, _ function: some HashFunction) throws(CatalogError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CatalogError(.notFound, path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var function = function
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(descriptor, &part, part.count)
            guard count >= 0 else { throw CatalogError(.failed, path, String(cString: strerror(errno))) }
            guard count > 0 else { return Array(function.finalize()) }
            part.withUnsafeBytes { function.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0, digits.count > 4, digits.count < 300 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start...start + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    /// A number of seven bits a byte, the lowest first.
    private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        var value = 0
        for shift in stride(from: 0, to: 28, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
