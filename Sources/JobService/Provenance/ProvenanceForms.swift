import Documents
import Foundation
import FoundationXML
import Jobs

/// The W3C's forms: PROV-N (recommendation of 2013), PROV-JSON (submission of 2013), PROV-XML (note of 2013).
extension ProvenanceGraph {
    // MARK: - PROV-N

    var provN: String {
        func quoted(_ text: String) -> String {
            let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\"\(escaped)\""
        }
        func spelled(_ value: Value) -> String {
            switch value {
            case .text(let text): quoted(text)
            case .number(let number): "\"\(number)\" %% xsd:long"
            case .name(let name): "'\(name)'"
            }
        }
        var lines = ["document"] + prefixes.map { "  prefix \($0.name) <\($0.address)>" }
        for node in nodes {
            let attributes =
                ["prov:label=\(quoted(node.label))"] + node.attributes.map { "\($0.name)=\(spelled($0.value))" }
            let times =
                node.kind == .activity
                ? ", \(node.start?.description ?? "-"), \(node.end?.description ?? "-")" : ""
            lines.append("  \(node.kind.rawValue)(\(node.id)\(times), [\(attributes.joined(separator: ", "))])")
        }
        for edge in edges {
            let role = edge.role.map { ", [prov:role=\(quoted($0))]" } ?? ""
            // The missing arguments: a time; a plan.
            let rest =
                switch edge.kind {
                case .used, .wasGeneratedBy: ", -"
                case .wasAssociatedWith: ", -"
                case .wasAttributedTo, .wasDerivedFrom, .wasInfluencedBy: ""
                }
            lines.append("  \(edge.kind.rawValue)(\(edge.from), \(edge.to)\(rest)\(role))")
        }
        return (lines + ["endDocument", ""]).joined(separator: "\n")
    }

    // MARK: - PROV-JSON

    var provJSON: String {
        var document = DocumentObject()
        document["prefix"] = .object(
            DocumentObject(prefixes.map { (key: $0.name, value: DocumentValue.string($0.address)) })
        )
        for kind in Node.Kind.allCases {
            let members = nodes.filter { $0.kind == kind }
            if members.isEmpty { continue }
            document[kind.rawValue] = .object(
                DocumentObject(members.map { (key: $0.id, value: .object(Self.object($0))) })
            )
        }
        for kind in Edge.Kind.allCases {
            let members = edges.enumerated().filter { $1.kind == kind }
            if members.isEmpty { continue }
            let objects = members.map { index, edge in
                var object = DocumentObject()
                object["prov:\(kind.ends.from)"] = .string(edge.from)
                object["prov:\(kind.ends.to)"] = .string(edge.to)
                if let role = edge.role { object["prov:role"] = .string(role) }
                return (key: "_:r\(index + 1)", value: DocumentValue.object(object))
            }
            document[kind.rawValue] = .object(DocumentObject(objects))
        }
        return JSONText.pretty(.object(document)) + "\n"
    }

    private static func object(_ node: Node) -> DocumentObject {
        var object = DocumentObject()
        object["prov:label"] = .string(node.label)
        if let start = node.start { object["prov:startTime"] = .string(start.description) }
        if let end = node.end { object["prov:endTime"] = .string(end.description) }
        for (name, value) in node.attributes {
            object[name] =
                switch value {
                case .text(let text): .string(text)
                case .number(let number): Self.typed("\(number)", "xsd:long")
                case .name(let name): Self.typed(name, "prov:QUALIFIED_NAME")
                }
        }
        return object
    }

    private static func typed(_ text: String, _ type: String) -> DocumentValue {
        .object(DocumentObject([(key: "$", value: .string(text)), (key: "type", value: .string(type))]))
    }

    // MARK: - PROV-XML

    var provXML: Data {
        let root = XMLElement(name: "prov:document")
        let known = [
            ("prov", "http://www.w3.org/ns/prov#"), ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ("xsd", "http://www.w3.org/2001/XMLSchema"),
        ]
        for (name, address) in known + prefixes.map({ ($0.name, $0.address) }) { root.set("xmlns:\(name)", address) }
        for node in nodes {
            let element = XMLElement(name: "prov:\(node.kind.rawValue)")
            element.set("prov:id", node.id)
            if let start = node.start { element.add("prov:startTime", start.description) }
            if let end = node.end { element.add("prov:endTime", end.description) }
            element.add("prov:label", Self.legal(node.label))
            // What PROV itself names comes before the rest.
            for own in [true, false] {
                for (name, value) in node.attributes where name.hasPrefix("prov:") == own {
                    element.addChild(Self.element(name, value))
                }
            }
            root.addChild(element)
        }
        for edge in edges {
            let element = XMLElement(name: "prov:\(edge.kind.rawValue)")
            for (name, id) in [(edge.kind.ends.from, edge.from), (edge.kind.ends.to, edge.to)] {
                let end = XMLElement(name: "prov:\(name)")
                end.set("prov:ref", id)
                element.addChild(end)
            }
            if let role = edge.role { element.add("prov:role", Self.legal(role)) }
            root.addChild(element)
        }
        return root.document
    }

    private static func element(_ name: String, _ value: Value) -> XMLElement {
        let element = XMLElement(name: name)
        switch value {
        case .text(let text): element.stringValue = legal(text)
        case .number(let number):
            element.set("xsi:type", "xsd:long")
            element.stringValue = "\(number)"
        case .name(let name):
            element.set("xsi:type", "xsd:QName")
            element.stringValue = name
        }
        return element
    }

    /// A text without the characters that no XML document may hold.
    static func legal(_ text: String) -> String {
        text.filter { character in
            character.unicodeScalars.allSatisfy { scalar in
                scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                    || scalar == "\t" || scalar == "\n" || scalar == "\r"
            }
        }
    }
}
