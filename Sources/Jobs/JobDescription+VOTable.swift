public import Documents
public import Foundation
import FoundationXML

/// The form in VOTable 1.3, as OPUS keeps it: one RESOURCE with a PARAM for each parameter and GROUPs of what is read and
/// made, named by the IVOA's provenance model.
extension JobDescription {
    private static let space = "http://www.ivoa.net/xml/VOTable/v1.3"

    /// PARAMs of the whole and the model's names for them.
    private static let utypes = [
        "contact_name": "voprov:Agent.name", "contact_email": "voprov:Agent.email",
    ]

    /// As a VOTable.
    public var voTable: Data {
        let root = XMLElement(
            "VOTABLE",
            [
                ("xmlns", Self.space), ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"), ("version", "1.3"),
                ("xsi:schemaLocation", "\(Self.space) \(Self.space)"),
            ]
        )
        let resource = root.add(
            "RESOURCE",
            [("ID", Self.identifier(name)), ("name", name), ("type", "meta"), ("utype", "voprov:ActivityDescription")]
        )
        if !annotation.isEmpty { resource.add("DESCRIPTION", text: annotation) }
        for field in Self.texts where field.key != "annotation" {
            resource.addText(
                field.key,
                self[keyPath: field.path],
                utype: Self.utypes[field.key] ?? "voprov:ActivityDescription.\(field.key)"
            )
        }
        resource.addNumber("executionDuration", executionDuration, utype: "uws:Job.executionDuration")
        if let quote { resource.addNumber("quote", quote, utype: "uws:Job.quote") }
        if isOpen { resource.addText("open", "true", utype: nil) }
        resource.addText("script", script ?? "", utype: nil)
        var references: [String: String] = [:]
        let group = resource.add("GROUP", [("name", "InputParams")])
        for parameter in parameters {
            var identifier = Self.identifier(parameter.name)
            // An identifier is there once in a document.
            if identifier == name { identifier = nil }
            references[parameter.name] = identifier
            group.addChild(parameter.element(identifier))
        }
        let used = resource.add("GROUP", [("name", "Used")])
        for input in inputs { used.addChild(input.element(references[input.name])) }
        let generated = resource.add("GROUP", [("name", "Generated")])
        for result in results { generated.addChild(result.element(references[result.name])) }
        return root.document
    }

    /// A name as an XML identifier; nil for one that cannot be one.
    private static func identifier(_ name: String) -> String? {
        name.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_.-]*/#) == nil ? nil : name
    }

    /// Reads a VOTable.
    ///
    /// - Parameters:
    ///   - data: The document.
    ///   - origin: What messages call it.
    /// - Throws: `DocumentError` with the line of the first mistake.
    public init(voTable data: Data, origin: String) throws(DocumentError) {
        try self.init(voTable: try XMLTree.parse(data, origin: origin))
    }

    init(voTable root: XMLTree) throws(DocumentError) {
        guard root.name == "VOTABLE", let resource = root.find("RESOURCE") else {
            throw root.failure("is no VOTABLE with a RESOURCE")
        }
        self.init(name: try resource.required("name"))
        annotation = resource.first("DESCRIPTION")?.trimmed ?? ""
        if let link = resource.first("LINK")?["href"] { documentation = link }
        for param in resource.all("PARAM") { try set(param) }
        if version.isEmpty { version = "1" }
        for group in resource.all("GROUP") {
            let groups = group.all("GROUP")
            switch group["name"] {
            case "InputParams":
                for param in group.all("PARAM") { parameters.append(try ParameterDescription(param)) }
            case "Used":
                for element in groups { inputs.append(try InputDescription(element)) }
            case "Generated":
                for element in groups { results.append(try ResultDescription(element)) }
            default:
                throw group.failure("is unknown", hint: "Known: InputParams, Used, Generated.")
            }
        }
    }

    /// Takes one PARAM of the whole; those of other programs are left alone.
    private mutating func set(_ param: XMLTree) throws(DocumentError) {
        let (key, value) = (param["name"], param.attributes["value"] ?? "")
        switch key {
        case "executionDuration", "executionduration": executionDuration = try param.seconds("value") ?? 0
        case "quote": quote = try param.seconds("value")
        case "open": isOpen = value == "true"
        case "script": script = Self.program(value)
        default:
            if let field = Self.texts.first(where: { $0.key == key }) { self[keyPath: field.path] = value }
        }
    }
}

/// What VOTable calls texts: `char` is of ASCII alone.
private func characterType(_ text: String) -> String { text.allSatisfy(\.isASCII) ? "char" : "unicodeChar" }

extension XMLElement {
    fileprivate func addText(_ name: String, _ value: String, utype: String?) {
        let type = characterType(value)
        add("PARAM", [("name", name), ("datatype", type), ("arraysize", "*"), ("value", value), ("utype", utype)])
    }

    fileprivate func addNumber(_ name: String, _ value: Int, utype: String) {
        add("PARAM", [("name", name), ("datatype", "int"), ("value", "\(value)"), ("utype", utype)])
    }
}

extension ParameterDescription {
    /// The types of VOTable; what they do not tell apart is said by an xtype.
    private static let types: [(type: DataType, name: String, xtype: String?)] = [
        (.string, "char", nil), (.boolean, "boolean", nil), (.integer, "int", nil), (.byte, "unsignedByte", nil),
        (.short, "short", nil), (.int, "int", "xs:int"), (.long, "long", nil), (.float, "float", nil),
        (.double, "double", nil), (.date, "char", "timestamp"), (.address, "char", "uri"),
        (.file, "char", "application/octet-stream"),
    ]

    fileprivate func element(_ identifier: String?) -> XMLElement {
        let spelled = Self.types.first { $0.type == type } ?? (.string, "char", nil)
        let param = XMLElement(
            "PARAM",
            [
                ("ID", identifier), ("name", name),
                ("datatype", spelled.name == "char" ? characterType(defaultValue ?? "") : spelled.name),
                ("arraysize", spelled.name == "char" ? "*" : nil), ("xtype", spelled.xtype),
                ("value", defaultValue ?? ""), ("type", isRequired ? nil : "no_query"), ("unit", unit), ("ucd", ucd),
                ("utype", utype),
            ]
        )
        param.add("DESCRIPTION", text: annotation)
        if minimum != nil || maximum != nil || !options.isEmpty {
            let values = param.add("VALUES")
            if let minimum { values.add("MIN", [("value", numberText(minimum))]) }
            if let maximum { values.add("MAX", [("value", numberText(maximum))]) }
            for option in options { values.add("OPTION", [("value", option)]) }
        }
        return param
    }

    fileprivate init(_ param: XMLTree) throws(DocumentError) {
        let name = try param.required("name")
        let (written, xtype) = (param["datatype"] ?? "char", param["xtype"])
        let datatype = written == "unicodeChar" ? "char" : written
        let exact = Self.types.first { $0.name == datatype && $0.xtype == xtype }
        guard let type = exact ?? Self.types.first(where: { $0.name == datatype && $0.xtype == nil }) else {
            throw param.failure("has the datatype '\(datatype)', which no parameter has")
        }
        let values = param.first("VALUES")
        self.init(
            name,
            type.type,
            isRequired: param["type"] != "no_query",
            defaultValue: param["value"],
            unit: param["unit"],
            ucd: param["ucd"],
            utype: param["utype"],
            minimum: try values?.first("MIN")?.number("value"),
            maximum: try values?.first("MAX")?.number("value"),
            options: values?.all("OPTION").compactMap { $0["value"] } ?? [],
            annotation: param.first("DESCRIPTION")?.trimmed ?? ""
        )
    }
}

/// What inputs and results have in common.
private struct DescribedFile {
    let name: String
    let multiplicity: String
    /// An input's value, a result's pattern.
    let usual: String?
    let contentType: String
    let annotation: String

    init(_ name: String, _ multiplicity: String, _ usual: String?, _ contentType: String, _ annotation: String) {
        (self.name, self.multiplicity, self.usual) = (name, multiplicity, usual)
        (self.contentType, self.annotation) = (contentType, annotation)
    }

    init(_ group: XMLTree) throws(DocumentError) {
        name = try group.required("name")
        multiplicity = group.value("multiplicity")
        usual = group.value("default")
        contentType = group.value("content_type")
        annotation = group.first("DESCRIPTION")?.trimmed ?? ""
    }

    /// The group, which refers to a parameter of the same name; the relation is that of its role and multiplicity.
    func element(_ reference: String?, utype: String, relation: String) -> XMLElement {
        let group = XMLElement("GROUP", [("name", name), ("ref", reference), ("utype", utype)])
        group.add("DESCRIPTION", text: annotation)
        group.addText("role", "", utype: relation + ".role")
        group.addText("multiplicity", multiplicity, utype: relation + ".multiplicity")
        group.addText("default", usual ?? "", utype: "voprov:Entity.id")
        group.addText("content_type", contentType, utype: "voprov:EntityDescription.content_type")
        return group
    }
}

extension InputDescription {
    fileprivate func element(_ reference: String?) -> XMLElement {
        let file = DescribedFile(name, multiplicity, defaultValue, contentType, annotation)
        let relation = "voprov:UsedDescription"
        let group = file.element(reference, utype: relation, relation: relation)
        group.addText("url", url, utype: "voprov:EntityDescription.url")
        return group
    }

    fileprivate init(_ group: XMLTree) throws(DocumentError) {
        let file = try DescribedFile(group)
        self.init(
            file.name,
            contentType: file.contentType,
            multiplicity: file.multiplicity,
            defaultValue: file.usual,
            url: group.first("LINK")?["href"] ?? group.value("url"),
            annotation: file.annotation
        )
    }
}

extension ResultDescription {
    fileprivate func element(_ reference: String?) -> XMLElement {
        let file = DescribedFile(name, multiplicity, pattern, contentType, annotation)
        return file.element(reference, utype: "voprov:WasGeneratedBy", relation: "voprov:WasGeneratedByDescription")
    }

    fileprivate init(_ group: XMLTree) throws(DocumentError) {
        let file = try DescribedFile(group)
        self.init(
            file.name,
            contentType: file.contentType,
            multiplicity: file.multiplicity,
            pattern: file.usual,
            annotation: file.annotation
        )
    }
}

extension XMLTree {
    /// The value of the PARAM of a name; empty where there is none.
    fileprivate func value(_ name: String) -> String { all("PARAM").first { $0["name"] == name }?["value"] ?? "" }
}
