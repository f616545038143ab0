import CXML
import Foundation

/// An XML file of scene metadata; elements are found by their name without prefix.
///
/// Document types and entities are refused, and so is what is nested or repeated beyond all reason: the files come from
/// anywhere.
struct XMLMetadata: Sendable {
    /// An element; its children follow it in `elements`.
    struct Element: Sendable {
        let name: String
        let parent: Int
        var attributes: [(name: String, value: String)]
        var text: String

        /// The text without blanks around it.
        var trimmed: String {
            func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
            let start = text.utf8.drop(while: isBlank)
            guard let end = start.lastIndex(where: { !isBlank($0) }) else { return "" }
            return String(start[...end]) ?? text
        }
    }

    let path: String
    private let elements: [Element]
    private let byName: [String: [Int]]

    /// No scene's metadata are larger.
    static let longest = 1 << 26
    private static let mostElements = 2_000_000

    /// Reads a file.
    ///
    /// - `skipping`: Names of elements that are left out with all that they hold.
    init(_ path: String, skipping: Set<String> = []) throws {
        guard let data = try SceneFile.contents(path, limit: Self.longest) else {
            throw SceneError(path, "is missing or cannot be read", hint: "Fetch the scene again, with its metadata.")
        }
        try self.init(data, path: path, skipping: skipping)
    }

    /// - `path`: For messages.
    init(_ data: Data, path: String, skipping: Set<String> = []) throws {
        self.path = path
        elements = try Self.parse(Self.without(skipping, data), path, skipping)
        var byName: [String: [Int]] = [:]
        for (index, element) in elements.enumerated() { byName[element.name, default: []].append(index) }
        self.byName = byName
    }

    /// The name of the outermost element.
    var root: String { elements.first?.name ?? "" }

    /// The texts of all elements (or attributes) that a path finds, trimmed.
    ///
    /// Of XPath it knows `//A`, `//A/B`, `//A[@name='value']`, `//A/@name` and `//@name`.
    func texts(_ xpath: String) -> [String] {
        let steps = xpath.split(separator: "/").map(String.init)
        guard let last = steps.last else { return [] }
        if last.hasPrefix("@") {
            let name = String(last.dropFirst())
            let owners = steps.count == 1 ? Array(elements.indices) : found(Array(steps.dropLast()))
            return owners.compactMap { attribute(name, of: $0) }
        }
        return found(steps).map { elements[$0].trimmed }
    }

    /// The first of them, nil where there is none or it is empty.
    func text(_ xpath: String) -> String? {
        // Most ask for the only element of a name.
        let name = xpath.dropFirst(2)
        if xpath.hasPrefix("//"),
            name.utf8.allSatisfy({ $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "[") })
        {
            return (byName[String(name)] ?? []).lazy.map { elements[$0].trimmed }.first { !$0.isEmpty }
        }
        return texts(xpath).first { !$0.isEmpty }
    }

    /// The text of the element, or an error that names it.
    func required(_ xpath: String) throws -> String {
        guard let text = text(xpath) else { throw lacks(xpath) }
        return text
    }

    /// The number in the element, or an error that names it.
    func number(_ xpath: String) throws -> Double {
        let text = try required(xpath)
        guard let number = Double(text), number.isFinite else {
            throw SceneError(path, "has '\(text)' where a number is needed (\(xpath))", hint: "Fetch the file again.")
        }
        return number
    }

    /// The error for an element that is not there.
    func lacks(_ xpath: String) -> SceneError {
        let name = xpath.split(separator: "/").last.map(String.init) ?? xpath
        return SceneError(path, "has no \(name)", hint: "Is it the metadata of this sensor? Fetch the file again.")
    }

    /// For each element of a name its attributes, and the texts of its children by their names.
    func records(_ name: String) -> [(attributes: [String: String], children: [String: String])] {
        let owners = byName[name] ?? []
        var children: [Int: [String: String]] = [:]
        let wanted = Set(owners)
        for element in elements where wanted.contains(element.parent) {
            children[element.parent, default: [:]][element.name] =
                element.trimmed
        }
        return owners.map { owner in
            let attributes = Dictionary(elements[owner].attributes.map { ($0.name, $0.value) }) { first, _ in first }
            return (attributes, children[owner] ?? [:])
        }
    }

    /// The texts of the leaves by the name of the element around them, as MTL files in XML have them.
    func groups() -> [String: [String: String]] {
        var groups: [String: [String: String]] = [:]
        for element in elements where element.parent >= 0 {
            let text = element.trimmed
            if !text.isEmpty { groups[elements[element.parent].name, default: [:]][element.name] = text }
        }
        return groups
    }

    private func attribute(_ name: String, of element: Int) -> String? {
        elements[element].attributes.first { $0.name == name }?.value
    }

    /// The elements whose last ancestors are those that the steps name.
    private func found(_ steps: [String]) -> [Int] {
        let parsed = steps.map(Step.init)
        guard let last = parsed.last else { return [] }
        return (byName[last.name] ?? []).filter { index in
            var place = index
            for step in parsed.reversed() {
                guard place >= 0, elements[place].name == step.name else { return false }
                if let condition = step.condition, attribute(condition.name, of: place) != condition.value {
                    return false
                }
                place = elements[place].parent
            }
            return true
        }
    }

    /// `A`, or `A[@name='value']`.
    private struct Step {
        let name: String
        let condition: (name: String, value: String)?

        init(_ text: String) {
            let parts = text.split { "[]@='".contains($0) }.map(String.init)
            name = parts.first ?? text
            condition = parts.count == 3 ? (parts[1], parts[2]) : nil
        }
    }

    /// The bytes without elements of these names, as far as they are found without parsing: tables of a megabyte are left
    /// out at a fraction of the time.
    ///
    /// What is not clearly such an element stays, for the parser to judge: others within it, comments, other encodings.
    private static func without(_ names: Set<String>, _ data: Data) -> Data {
        let ranges = data.withUnsafeBytes { bytes -> [Range<Int>] in
            guard !names.isEmpty, find("<!--", bytes) == nil, find("<![CDATA[", bytes) == nil else { return [] }
            return names.flatMap { elements($0, bytes) ?? [] }.sorted { $0.lowerBound < $1.lowerBound }
        }
        guard !ranges.isEmpty else { return data }
        var kept = Data()
        var place = 0
        for range in ranges where range.lowerBound >= place {
            kept += data.dropFirst(place).prefix(range.lowerBound - place)
            place = range.upperBound
        }
        return kept + data.dropFirst(place)
    }

    /// Where all elements of a name lie; nil where one holds another, or is closed at once.
    private static func elements(_ name: String, _ bytes: UnsafeRawBufferPointer) -> [Range<Int>]? {
        var found: [Range<Int>] = []
        var place = 0
        while let start = find("<\(name)", bytes, from: place) {
            let open = start + name.utf8.count + 1
            guard let end = find("</\(name)>", bytes, from: open) else { return nil }
            let isWhole = [UInt8(ascii: ">"), UInt8(ascii: " ")].contains(bytes[open])
            guard isWhole, find("<\(name)", bytes, from: open, to: end) == nil else { return nil }
            place = end + name.utf8.count + 3
            found.append(start..<place)
        }
        return found
    }

    /// The first place of a text that begins with a bracket, of which there are few.
    private static func find(
        _ text: String,
        _ bytes: UnsafeRawBufferPointer,
        from start: Int = 0,
        to end: Int? = nil
    ) -> Int? {
        let (text, limit) = (Array(text.utf8), end ?? bytes.count)
        var place = start
        while place < limit, let base = bytes.baseAddress,
            let hit = memchr(base + place, Int32(text[0]), limit - place)
        {
            place = UnsafeRawPointer(hit) - base
            if limit - place >= text.count, memcmp(hit, text, text.count) == 0 { return place }
            place += 1
        }
        return nil
    }

    private static func parse(_ data: Data, _ path: String, _ skipping: Set<String>) throws -> [Element] {
        let options = antares_xml_no_network | antares_xml_no_error | antares_xml_no_warning
        let untrusted = SceneError(
            path,
            "holds a document type or entities, which no scene's metadata have",
            hint: "Do not trust it: fetch it again from its source."
        )
        if data.prefix(4096).range(of: Data("<!DOCTYPE".utf8)) != nil { throw untrusted }
        let broken = SceneError(path, "is no valid XML", hint: "It may be cut off: fetch the file again.")
        return try data.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard let base, let reader = xmlReaderForMemory(base, Int32(bytes.count), nil, nil, options) else {
                throw broken
            }
            defer { xmlFreeTextReader(reader) }
            var elements: [Element] = []
            var open: [Int] = []
            // The reader keeps one copy of each name: its place stands for it.
            var names: [UnsafePointer<xmlChar>: String] = [:]
            var status = xmlTextReaderRead(reader)
            while status == 1 {
                switch xmlTextReaderNodeType(reader) {
                case antares_xml_element:
                    guard elements.count < mostElements else {
                        throw SceneError(path, "has more elements than any metadata", hint: "Fetch the file again.")
                    }
                    let element = element(reader, parent: open.last ?? -1, &names)
                    guard !skipping.contains(element.name) else {
                        status = xmlTextReaderNext(reader)
                        continue
                    }
                    elements.append(element)
                    if xmlTextReaderIsEmptyElement(reader) == 0 { open.append(elements.count - 1) }
                case antares_xml_end_element:
                    _ = open.popLast()
                case antares_xml_text, antares_xml_cdata:
                    if let last = open.last, let text = xmlTextReaderConstValue(reader) {
                        elements[last].text += string(text)
                    }
                case antares_xml_document_type, antares_xml_entity_reference:
                    throw untrusted
                default: break
                }
                status = xmlTextReaderRead(reader)
            }
            guard status == 0, open.isEmpty, !elements.isEmpty else { throw broken }
            return elements
        }
    }

    private static func element(
        _ reader: xmlTextReaderPtr,
        parent: Int,
        _ names: inout [UnsafePointer<xmlChar>: String]
    ) -> Element {
        func known(_ text: UnsafePointer<xmlChar>) -> String {
            if let name = names[text] { return name }
            let name = string(text)
            names[text] = name
            return name
        }
        let name = xmlTextReaderConstLocalName(reader).map(known) ?? ""
        var attributes: [(name: String, value: String)] = []
        if xmlTextReaderHasAttributes(reader) == 1 {
            while xmlTextReaderMoveToNextAttribute(reader) == 1 {
                guard let name = xmlTextReaderConstLocalName(reader), let value = xmlTextReaderConstValue(reader) else {
                    continue
                }
                attributes.append((known(name), string(value)))
            }
            xmlTextReaderMoveToElement(reader)
        }
        return Element(name: name, parent: parent, attributes: attributes, text: "")
    }

    private static func string(_ text: UnsafePointer<xmlChar>) -> String { String(cString: text) }
}
