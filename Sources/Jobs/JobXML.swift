public import Foundation
import FoundationXML

/// The XML documents of UWS 1.1 (appendix B), elements in the order of its schema.
public enum JobXML {
    /// The element `job`.
    public static func job(_ job: Job, at addresses: JobAddresses) -> Data {
        let root = root("job", version: true)
        root.add("jobId", job.id)
        if let runID = job.runID { root.add("runId", runID) }
        root.addNillable("ownerId", job.ownerID)
        root.add("phase", job.phase.rawValue)
        root.addNillable("quote", job.quote?.description)
        root.add("creationTime", job.creationTime.description)
        root.addNillable("startTime", job.startTime?.description)
        root.addNillable("endTime", job.endTime?.description)
        root.add("executionDuration", "\(job.executionDuration)")
        root.addNillable("destruction", job.destruction?.description)
        root.addChild(fill(XMLElement(name: "uws:parameters"), withParametersOf: job, addresses))
        root.addChild(fill(XMLElement(name: "uws:results"), withResultsOf: job, addresses))
        if let summary = job.errorSummary {
            let element = XMLElement(name: "uws:errorSummary")
            element.set("type", summary.kind.rawValue)
            element.set("hasDetail", "\(summary.hasDetail)")
            element.add("message", summary.message)
            root.addChild(element)
        }
        return data(root)
    }

    /// The element `jobs`: a reference to each job.
    public static func list(_ jobs: [Job], at addresses: JobAddresses) -> Data {
        let root = root("jobs", version: true)
        for job in jobs {
            let reference = XMLElement(name: "uws:jobref")
            reference.set("id", job.id)
            reference.set("xlink:type", "simple")
            reference.set("xlink:href", addresses.job(job))
            reference.add("phase", job.phase.rawValue)
            if let runID = job.runID { reference.add("runId", runID) }
            reference.addNillable("ownerId", job.ownerID)
            reference.add("creationTime", job.creationTime.description)
            root.addChild(reference)
        }
        return data(root)
    }

    /// The element `parameters` alone.
    public static func parameters(of job: Job, at addresses: JobAddresses) -> Data {
        data(fill(root("parameters"), withParametersOf: job, addresses))
    }

    /// The element `results` alone.
    public static func results(of job: Job, at addresses: JobAddresses) -> Data {
        data(fill(root("results"), withResultsOf: job, addresses))
    }

    private static func fill(
        _ element: XMLElement,
        withParametersOf job: Job,
        _ addresses: JobAddresses
    ) -> XMLElement {
        for parameter in job.parameters {
            let child = XMLElement(name: "uws:parameter")
            child.set("id", parameter.id)
            child.set("byReference", "\(parameter.isByReference)")
            let address = addresses.parameter(parameter.id, of: job)
            child.stringValue = legal(parameter.isByReference ? address : parameter.value)
            element.addChild(child)
        }
        return element
    }

    private static func fill(_ element: XMLElement, withResultsOf job: Job, _ addresses: JobAddresses) -> XMLElement {
        for result in job.results {
            let child = XMLElement(name: "uws:result")
            child.set("id", result.id)
            child.set("xlink:type", "simple")
            child.set("xlink:href", addresses.result(result.id, of: job))
            if let size = result.size { child.set("size", "\(size)") }
            if let type = result.contentType { child.set("mime-type", type) }
            element.addChild(child)
        }
        return element
    }

    private static func root(_ name: String, version: Bool = false) -> XMLElement {
        let element = XMLElement(name: "uws:\(name)")
        element.set("xmlns:uws", "http://www.ivoa.net/xml/UWS/v1.0")
        element.set("xmlns:xlink", "http://www.w3.org/1999/xlink")
        element.set("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        if version { element.set("version", "1.1") }
        return element
    }

    private static func data(_ root: XMLElement) -> Data {
        let document = XMLDocument(rootElement: root)
        document.version = "1.0"
        document.characterEncoding = "UTF-8"
        return document.xmlData(options: .nodePrettyPrint)
    }

    /// A text without the characters that no XML document may hold.
    fileprivate static func legal(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { scalar in
                    switch scalar.value {
                    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
                    default: false
                    }
                }
            )
        )
    }
}

extension XMLElement {
    fileprivate func set(_ name: String, _ value: String) {
        let attribute = XMLNode(kind: .attribute)
        attribute.name = name
        attribute.stringValue = JobXML.legal(value)
        addAttribute(attribute)
    }

    fileprivate func add(_ name: String, _ text: String) {
        let child = XMLElement(name: "uws:\(name)")
        child.stringValue = JobXML.legal(text)
        addChild(child)
    }

    fileprivate func addNillable(_ name: String, _ text: String?) {
        let child = XMLElement(name: "uws:\(name)")
        if let text { child.stringValue = JobXML.legal(text) } else { child.set("xsi:nil", "true") }
        addChild(child)
    }
}
