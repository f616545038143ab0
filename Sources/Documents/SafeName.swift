import Foundation

/// Names of files and folders that are made from what others say: catalogues, requests.
public enum SafeName {
    /// A name that means a file in its folder and nothing else: no slash, no `..`, nothing hidden, not too long.
    ///
    /// Empty where nothing usable is left.
    public static func make(_ text: String) -> String {
        let allowed = text.precomposedStringWithCanonicalMapping.unicodeScalars.map { scalar -> Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isPlain || "._-+=@".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
        }
        var name = String(String(allowed).drop { $0 == "." })
        if name.utf8.count > 180 {
            let ending = name.split(separator: ".").last.map { $0.count < 10 ? ".\($0)" : "" } ?? ""
            name = String(name.prefix(180 - ending.count)) + ending
        }
        return name.contains(where: { $0 != "_" }) ? name : ""
    }

    /// The name of the file that an address or path leads to; empty where it ends with none.
    public static func ofFile(at href: String) -> String {
        let path = href.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = path.range(of: "://") else { return last(path) }
        let rest = path[scheme.upperBound...]
        return rest.contains("/") ? last(rest) : ""
    }

    /// The name of a file that is sent under a path of any system; `file` where nothing usable is left.
    public static func ofUpload(_ path: String) -> String {
        let name = make(path.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? "")
        return name.isEmpty ? "file" : name
    }

    private static func last(_ path: Substring) -> String {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return make(name.removingPercentEncoding ?? name)
    }
}
