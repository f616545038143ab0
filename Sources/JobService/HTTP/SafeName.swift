/// File names that users send.
enum SafeName {
    /// The last part of a path, of letters, digits and `._-` alone; `file` where nothing is left of it.
    static func of(_ path: String) -> String {
        let last = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
        let name = last.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }.suffix(120)
        return name.isEmpty || name.allSatisfy { $0 == "." } ? "file" : String(name)
    }
}
