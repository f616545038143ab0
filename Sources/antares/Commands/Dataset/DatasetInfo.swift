import ArgumentParser
import DatacubeIndex
import Documents
import Foundation
import Geo

/// A dataset as `dataset search` and `dataset info` print it.
struct DatasetInfo {
    /// In which form datasets are printed.
    enum Format: String, ExpressibleByArgument, CaseIterable { case csv, yaml, json }

    let dataset: Dataset
    let type: MetadataType?
    var showsTime = false
    /// Nil where they are not asked for.
    var sources: [DatasetInfoSource]?
    var derived: [DatasetInfo]?

    static func write(_ infos: [DatasetInfo], _ format: Format) -> String {
        switch format {
        case .yaml: return PythonYAML.write(infos.map(\.node))
        case .json: return PythonYAML.json(.array(infos.map { PythonYAML.value($0.node) }))
        case .csv:
            let lines = infos.map { info in
                let status = info.dataset.isArchived ? "archived" : "active"
                let cells = [info.dataset.idText, status, info.dataset.productName, info.dataset.locations.first ?? ""]
                return cells.map(CSV.quoted).joined(separator: ",")
            }
            return CSV.text(["id,status,product,location"] + lines)
        }
    }

    private var node: PythonYAML.Node {
        var entries: [(String, PythonYAML.Node)] = [
            ("id", .value(.string(dataset.idText))), ("product", .value(.string(dataset.productName))),
            ("status", .value(.string(dataset.isArchived ? "archived" : "active"))),
        ]
        if showsTime, let time = dataset.indexedTime { entries.append(("indexed", .plain(Self.python(time, " ")))) }
        entries.append(("locations", .list(dataset.locations.map { .value(.string($0)) })))
        entries.append(("fields", .mapping(fields)))
        if let sources { entries.append(("sources", .mapping(sources.map { ($0.classifier, $0.info.node) }))) }
        if let derived { entries.append(("derived", .list(derived.map(\.node)))) }
        return .mapping(entries)
    }

    private var fields: [(String, PythonYAML.Node)] {
        guard let type else { return [] }
        let declared = type.fields
        let fixed = type.fixedFields.filter { field in !declared.contains { $0.name == field.name } }
        return (declared + fixed).sorted { $0.name < $1.name }.map { ($0.name, value(of: $0)) }
    }

    private func value(of field: SearchField) -> PythonYAML.Node {
        guard field.kind.isRange else { return scalar(field.value(in: dataset.document), field.kind) }
        let ends = field.range(in: dataset.document)
        if field.kind == .datetimeRange {
            let (lower, upper) = (Self.times(ends.lower), Self.times(ends.upper))
            let begin = lower.min { $0.time < $1.time }
            let end = upper.max { $0.time < $1.time }
            guard let begin, let end else { return .value(.null) }
            return range(.plain("'\(begin.text)'"), .plain("'\(end.text)'"))
        }
        guard let low = ends.lower.compactMap(\.double).min(), let high = ends.upper.compactMap(\.double).max() else {
            return .value(.null)
        }
        if field.kind == .integerRange, let low = Int(exactly: low), let high = Int(exactly: high) {
            return range(.value(.integer(low)), .value(.integer(high)))
        }
        return range(.value(.double(low)), .value(.double(high)))
    }

    private func range(_ begin: PythonYAML.Node, _ end: PythonYAML.Node) -> PythonYAML.Node {
        .mapping([("begin", begin), ("end", end)], isFlow: true)
    }

    private func scalar(_ value: DocumentValue?, _ kind: SearchField.Kind) -> PythonYAML.Node {
        switch kind {
        case .datetime: value?.string.flatMap { Self.python($0, " ") }.map { .plain($0) } ?? .value(.null)
        case .integer: .value(value?.integer.map { .integer($0) } ?? value ?? .null)
        case .double: .value(value?.double.map { .double($0) } ?? value ?? .null)
        default: .value(value ?? .null)
        }
    }

    private static func times(_ values: [DocumentValue]) -> [(time: Date, text: String)] {
        values.compactMap(\.string).compactMap { text in
            guard let time = Timestamp.parse(text), let written = python(text, "T") else { return nil }
            return (time, written)
        }
    }

    /// A document's time as Python writes it: with a zone where the document names one, with digits where it has some.
    private static func python(_ text: String, _ separator: String) -> String? {
        let parts = #/(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:?\d\d)?/#
        guard let match = text.wholeMatch(of: parts) else {
            return Timestamp.parse(text).map { python($0, separator).replacing("+00:00", with: "") }
        }
        let digits = match.3.map { $0.padding(toLength: 7, withPad: "0", startingAt: 0) } ?? ""
        let fraction = digits.contains { $0 != "." && $0 != "0" } ? digits : ""
        var zone = match.4.map { $0 == "Z" ? "+00:00" : String($0) } ?? ""
        if zone.count == 5 { zone.insert(":", at: zone.index(zone.startIndex, offsetBy: 3)) }
        return "\(match.1)\(separator)\(match.2)\(fraction)\(zone)"
    }

    /// A time as Python writes it: `2017-04-01 00:00:00+00:00`.
    private static func python(_ date: Date, _ separator: String) -> String {
        Timestamp.iso(date).replacing("T", with: separator).replacing("Z", with: "+00:00")
    }
}

/// What a dataset was made from, and as what.
struct DatasetInfoSource {
    let classifier: String
    let info: DatasetInfo
}
