/// Calls `body` with a NULL-terminated array of C strings; nil entries become NULL.
func withCStrings<T>(_ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> T) -> T {
    var bytes: [CChar] = []
    var starts: [Int?] = []
    for text in texts {
        starts.append(text == nil ? nil : bytes.count)
        guard let text else { continue }
        bytes.append(contentsOf: text.utf8.lazy.map { CChar(bitPattern: $0) })
        bytes.append(0)
    }
    // One byte more, so that the buffer has an address even when there is nothing to pass.
    bytes.append(0)
    return bytes.withUnsafeBufferPointer { buffer in
        var pointers = starts.map { start in start.flatMap { offset in buffer.baseAddress.map { $0 + offset } } }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { array in
            guard let base = array.baseAddress else { preconditionFailure("an array of one element has an address") }
            return body(base)
        }
    }
}
