import Foundation
import FoundationXML

/// An XML file of scene metadata; elements are found by their name without prefix.
struct XMLMetadata {
    let path: String
    private let document: XMLDocument

    /// Reads a file.
    init(_ path: String) throws {
        self.path = path
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SceneError(path, "is missing or cannot be read", hint: "Fetch the scene again, with its metadata.")
        }
        // XMLDocument repairs what it can and reports the rest on standard error: it only gets what is well-formed.
        // On Linux `parse` returns true even where it found an error.
        let parser = XMLParser(data: data)
        guard parser.parse(), parser.parserError == nil, let document = try? XMLDocument(data: data, options: []) else {
            throw SceneError(path, "is no valid XML", hint: "It may be cut off: fetch the file again.")
        }
        self.document = document
    }

    /// The texts of all elements that an XPath finds, trimmed.
    func texts(_ xpath: String) -> [String] {
        let nodes = (try? document.nodes(forXPath: xpath)) ?? []
        return nodes.compactMap { $0.stringValue?.trimmingCharacters(in: .whitespacesAndNewlines) }
    }

    /// The first of them, nil where there is none or it is empty.
    func text(_ xpath: String) -> String? { texts(xpath).first { !$0.isEmpty } }

    /// The text of the element, or an error that names it.
    func required(_ xpath: String) throws -> String {
        guard let text = text(xpath) else { throw lacks(xpath) }
        return text
    }

    /// The number in the element, or an error that names it.
    func number(_ xpath: String) throws -> Double {
        let text = try required(xpath)
        guard let number = Double(text) else {
            throw SceneError(path, "has '\(text)' where a number is needed (\(xpath))", hint: "Fetch the file again.")
        }
        return number
    }

    /// The error for an element that is not there.
    func lacks(_ xpath: String) -> SceneError {
        let name = xpath.split(separator: "/").last.map(String.init) ?? xpath
        return SceneError(path, "has no \(name)", hint: "Is it the metadata of this sensor? Fetch the file again.")
    }
}
