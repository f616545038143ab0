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
    var sources: [DatasetInfoSource] = []
    var derived: [DatasetInfo] = []

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
        if !sources.isEmpty { entries.append(("sources", .mapping(sources.map { ($0.classifier, $0.info.node) }))) }
        if !derived.isEmpty { entries.append(("derived", .list(derived.map(\.node)))) }
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
            let begin = ends.lower.compactMap { $0.string.flatMap(Timestamp.parse) }.min()
            let end = ends.upper.compactMap { $0.string.flatMap(Timestamp.parse) }.max()
            guard let begin, let end else { return .value(.null) }
            return range(.plain("'\(Self.python(begin, "T"))'"), .plain("'\(Self.python(end, "T"))'"))
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
        case .datetime: value?.string.flatMap(Timestamp.parse).map { .plain(Self.python($0, " ")) } ?? .value(.null)
        case .integer: .value(value?.integer.map { .integer($0) } ?? value ?? .null)
        case .double: .value(value?.double.map { .double($0) } ?? value ?? .null)
        default: .value(value ?? .null)
        }
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
