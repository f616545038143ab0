import Foundation
import FoundationXML

/// Building documents; characters that no XML document may hold are left out.
extension XMLElement {
    /// - Parameters:
    ///   - name: With its prefix.
    ///   - attributes: In their order; nil ones are left out.
    ///   - text: What is inside.
    convenience init(_ name: String, _ attributes: [(String, String?)], text: String? = nil) {
        self.init(name: name)
        for case (let name, let value?) in attributes {
            let attribute = XMLNode(kind: .attribute)
            attribute.name = name
            attribute.stringValue = JobXML.legal(value)
            addAttribute(attribute)
        }
        if let text { stringValue = JobXML.legal(text) }
    }

    /// Adds a child and gives it back.
    @discardableResult
    func add(_ name: String, _ attributes: [(String, String?)] = [], text: String? = nil) -> XMLElement {
        let child = XMLElement(name, attributes, text: text)
        addChild(child)
        return child
    }

    /// As a document of its own.
    var document: Data {
        let document = XMLDocument(rootElement: self)
        document.version = "1.0"
        document.characterEncoding = "UTF-8"
        return document.xmlData(options: .nodePrettyPrint)
    }
}
