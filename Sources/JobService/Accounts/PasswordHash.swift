import CArgon2
import Foundation

/// A password as it is kept: Argon2id in the usual text form, which carries its own salt and costs.
public enum PasswordHash {
    /// The costs of new hashes: 19 MiB, two passes, one lane (RFC 9106 asks for more memory where there is more; these
    /// are the least that OWASP's sheet on password storage allows, so that many people can log in at a time).
    private static let (passes, kibibytes, lanes) = (UInt32(2), UInt32(19 * 1024), UInt32(1))

    /// - Returns: `$argon2id$v=19$m=…`, another one each time.
    /// - Throws: `ServiceError` where the library refuses, as with too little memory.
    public static func make(_ password: String) throws(ServiceError) -> String {
        var salt = [UInt8](repeating: 0, count: 16)
        for index in salt.indices { salt[index] = .random(in: .min ... .max) }
        let bytes = Array(password.utf8)
        let length = argon2_encodedlen(passes, kibibytes, lanes, UInt32(salt.count), 32, Argon2_id)
        var text = [CChar](repeating: 0, count: length)
        let code = argon2id_hash_encoded(
            passes,
            kibibytes,
            lanes,
            bytes,
            bytes.count,
            salt,
            salt.count,
            32,
            &text,
            length
        )
        guard code == ARGON2_OK.rawValue else {
            throw ServiceError(.internal, "cannot hash a password: \(String(cString: argon2_error_message(code)))")
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// True for the password that the hash was made from.
    public static func matches(_ password: String, _ hash: String) -> Bool {
        let bytes = Array(password.utf8)
        return argon2id_verify(hash, bytes, bytes.count) == ARGON2_OK.rawValue
    }
}
