import Foundation
import FoundationXML

/// The documents of VOSI 1.1 that every service of the Virtual Observatory has.
enum VOSI {
    static func availability(_ isAvailable: Bool) -> Data {
        let root = XMLElement(name: "vosi:availability")
        root.set("xmlns:vosi", "http://www.ivoa.net/xml/VOSIAvailability/v1.0")
        root.add("vosi:available", "\(isAvailable)")
        if !isAvailable { root.add("vosi:note", "the store of jobs does not answer") }
        return root.document
    }

    /// - Parameters:
    ///   - kinds: The job types.
    ///   - base: The service's address.
    /// - Returns: The element `capabilities`.
    static func capabilities(_ kinds: [String], _ base: String) -> Data {
        let root = XMLElement(name: "vosi:capabilities")
        root.set("xmlns:vosi", "http://www.ivoa.net/xml/VOSICapabilities/v1.0")
        root.set("xmlns:vs", "http://www.ivoa.net/xml/VODataService/v1.1")
        root.set("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        add("ivo://ivoa.net/std/VOSI#capabilities", "\(base)/capabilities", to: root)
        add("ivo://ivoa.net/std/VOSI#availability", "\(base)/availability", to: root)
        for kind in kinds {
            add("ivo://ivoa.net/std/UWS#rest-1.1", "\(base)/rest/\(kind)", to: root)
            add("ivo://ivoa.net/std/UWS#sync-1.1", "\(base)/sync/\(kind)", to: root)
        }
        return root.document
    }

    private static func add(_ standard: String, _ address: String, to root: XMLElement) {
        let capability = XMLElement(name: "capability")
        capability.set("standardID", standard)
        let interface = XMLElement(name: "interface")
        interface.set("xsi:type", "vs:ParamHTTP")
        interface.set("role", "std")
        let url = XMLElement(name: "accessURL")
        url.set("use", "base")
        url.stringValue = address
        interface.addChild(url)
        capability.addChild(interface)
        root.addChild(capability)
    }
}

extension XMLElement {
    func set(_ name: String, _ value: String) {
        let attribute = XMLNode(kind: .attribute)
        attribute.name = name
        attribute.stringValue = value
        addAttribute(attribute)
    }

    func add(_ name: String, _ text: String) {
        let child = XMLElement(name: name)
        child.stringValue = text
        addChild(child)
    }

    /// As a document of its own.
    var document: Data {
        let document = XMLDocument(rootElement: self)
        document.version = "1.0"
        document.characterEncoding = "UTF-8"
        return document.xmlData(options: .nodePrettyPrint)
    }
}
