import CXML
import Documents
import Foundation

/// An element of an XML document that came from a user; names are without their prefixes.
///
/// Document types and entities are refused, and so is what is nested beyond reason: nothing outside is ever read, and no
/// document grows while it is read.
struct XMLTree: Sendable {
    let name: String
    let attributes: [String: String]
    /// The text directly inside.
    private(set) var text = ""
    private(set) var children: [XMLTree] = []
    /// Where it begins, counted from 1.
    let line: Int
    /// What messages call the document.
    let origin: String

    /// The largest document, and the most of what one may hold.
    private static let (longest, deepest, mostElements) = (1 << 23, 64, 100_000)

    /// Reads a document.
    ///
    /// - Throws: `DocumentError` with the line where it is no XML, or none that is read.
    static func parse(_ data: Data, origin: String) throws(DocumentError) -> XMLTree {
        func failure(_ reason: String, _ line: Int? = nil, hint: String? = nil) -> DocumentError {
            DocumentError(origin: origin, line: line, reason: reason, hint: hint)
        }
        guard data.count <= longest else { throw failure("has more than \(longest) bytes") }
        let options = antares_xml_no_network | antares_xml_no_error | antares_xml_no_warning
        let result: Result<XMLTree, DocumentError> = data.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard let base, let reader = xmlReaderForMemory(base, Int32(bytes.count), nil, nil, options) else {
                return .failure(failure("is empty, not XML"))
            }
            defer { xmlFreeTextReader(reader) }
            var open: [XMLTree] = []
            var root: XMLTree?
            var count = 0
            func close() {
                guard let element = open.popLast() else { return }
                if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
            }
            var status = xmlTextReaderRead(reader)
            while status == 1 {
                let line = xmlGetLineNo(xmlTextReaderCurrentNode(reader))
                switch xmlTextReaderNodeType(reader) {
                case antares_xml_element:
                    count += 1
                    guard count <= mostElements, open.count < deepest else {
                        return .failure(failure("has more elements than any job description", line))
                    }
                    let isEmpty = xmlTextReaderIsEmptyElement(reader) != 0
                    open.append(element(reader, line: line, origin: origin))
                    if isEmpty { close() }
                case antares_xml_end_element: close()
                case antares_xml_text, antares_xml_cdata:
                    if let text = xmlTextReaderConstValue(reader), !open.isEmpty {
                        open[open.count - 1].text += String(cString: text)
                    }
                case antares_xml_document_type, antares_xml_entity_reference:
                    return .failure(failure("holds a document type or entities, which are refused", line))
                default: break
                }
                status = xmlTextReaderRead(reader)
            }
            guard status == 0, let root else {
                return .failure(
                    failure("is no valid XML", Int(xmlTextReaderGetParserLineNumber(reader)), hint: "Is it cut off?")
                )
            }
            return .success(root)
        }
        return try result.get()
    }

    private static func element(_ reader: xmlTextReaderPtr, line: Int, origin: String) -> XMLTree {
        let name = xmlTextReaderConstLocalName(reader).map { String(cString: $0) } ?? ""
        var attributes: [String: String] = [:]
        if xmlTextReaderHasAttributes(reader) == 1 {
            while xmlTextReaderMoveToNextAttribute(reader) == 1 {
                guard let name = xmlTextReaderConstLocalName(reader), let value = xmlTextReaderConstValue(reader) else {
                    continue
                }
                attributes[String(cString: name)] = String(cString: value)
            }
            xmlTextReaderMoveToElement(reader)
        }
        return XMLTree(name: name, attributes: attributes, line: line, origin: origin)
    }

    private init(name: String, attributes: [String: String], line: Int, origin: String) {
        (self.name, self.attributes, self.line, self.origin) = (name, attributes, line, origin)
    }

    /// An attribute's value; nil for a missing or empty one.
    subscript(attribute: String) -> String? {
        guard let value = attributes[attribute], !value.isEmpty else { return nil }
        return value
    }

    /// The text without what is around it.
    var trimmed: String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

    /// The children of a name.
    func all(_ name: String) -> [XMLTree] { children.filter { $0.name == name } }

    func first(_ name: String) -> XMLTree? { children.first { $0.name == name } }

    /// The first element of a name below this one, at any depth, whose attribute has a value.
    func find(_ name: String, _ attribute: String? = nil, _ value: String? = nil) -> XMLTree? {
        for child in children {
            if child.name == name, attribute.map({ child.attributes[$0] == value }) ?? true { return child }
            if let found = child.find(name, attribute, value) { return found }
        }
        return nil
    }

    /// An error at this element.
    func failure(_ reason: String, hint: String? = nil) -> DocumentError {
        let named = self["name"] ?? self["value"]
        let place = name + (named.map { "[\($0)]" } ?? "")
        return DocumentError(origin: origin, line: line, path: place, reason: reason, hint: hint)
    }

    /// An attribute that has to be there.
    func required(_ attribute: String) throws(DocumentError) -> String {
        guard let value = self[attribute] else { throw failure("needs the attribute '\(attribute)'") }
        return value
    }

    /// A number in an attribute; nil for a missing or empty one.
    func number(_ attribute: String) throws(DocumentError) -> Double? {
        guard let text = self[attribute] else { return nil }
        guard let number = Double(text.trimmingCharacters(in: .whitespaces)), number.isFinite else {
            throw failure("has '\(text)' where \(attribute) is a number")
        }
        return number
    }

    /// Whole seconds in an attribute; nil for a missing or empty one.
    func seconds(_ attribute: String) throws(DocumentError) -> Int? {
        guard let number = try number(attribute) else { return nil }
        guard let seconds = Int(exactly: number), seconds >= 0 else {
            throw failure("has \(numberText(number)) where \(attribute) is a whole number of seconds")
        }
        return seconds
    }
}
