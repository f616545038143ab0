import Crypto
public import Foundation

extension Sequence<UInt8> {
    /// Two hexadecimal digits for each byte, in small letters.
    public var hexadecimal: String {
        map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

extension Data {
    /// The SHA-256 of these bytes, in hexadecimal digits.
    public var sha256: String { SHA256.hash(data: self).hexadecimal }
}

extension String {
    /// The SHA-256 of this text in UTF-8, in hexadecimal digits.
    public var sha256: String { Data(utf8).sha256 }
}
