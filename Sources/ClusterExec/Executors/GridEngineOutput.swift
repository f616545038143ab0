import Foundation

#if canImport(FoundationXML)
import FoundationXML
#endif

/// What Grid Engine's programs print, read without any of them: Son of Grid Engine, Univa and Altair.
enum GridEngineOutput {
    struct Element: Hashable {
        let job: String
        /// Counted from 1; nil for a job that is no array.
        let index: Int?
    }

    struct Row: Equatable {
        let name: String
        let state: String
        let queue: String?
    }

    /// The document of `qstat -xml`.
    ///
    /// - Throws: `ClusterError` for what is no such document.
    static func queue(_ xml: String) throws -> [Element: Row] {
        let reader = QueueReader()
        let parser = XMLParser(data: Data(xml.utf8))
        parser.delegate = reader
        parser.shouldResolveExternalEntities = false
        guard parser.parse(), reader.isQueue else {
            let reason = parser.parserError.map { "\($0.localizedDescription)" } ?? "it is no job_info document"
            throw ClusterError(.badAnswer, "qstat -xml", reason: "\(reason), line \(parser.lineNumber)")
        }
        return reader.rows
    }

    /// What the letters of a state mean: qw, hqw, t, r, Rr, s, S, T, Eqw, dr.
    static func sight(_ row: Row) -> TaskSight {
        let state = row.state
        if state.contains("E") {
            return .ended(.lost("Grid Engine put it into the state \(state); `qstat -j` says why"))
        }
        if state.contains("q") || state.contains("w") { return .waiting(state == "qw" ? nil : state) }
        if state.contains(where: { "sST".contains($0) }) { return .suspended }
        return .running(host: row.queue?.split(separator: "@").last.map(String.init))
    }

    struct Record: Equatable {
        let name: String
        let failed: Int
        let exitStatus: Int
        let host: String
        let wallclock: Double
        /// In bytes.
        let peakMemory: Double
    }

    /// The records of `qacct -j`: blocks of `key value` lines under a line of `=`.
    static func accounting(_ text: String) -> [Element: Record] {
        var result: [Element: Record] = [:]
        for block in text.split(separator: #/(?m)^=+\s*$/#) {
            var values: [Substring: String] = [:]
            for line in block.split(separator: "\n") {
                let key = line.prefix { !$0.isWhitespace }
                values[key] = line.dropFirst(key.count).trimmingCharacters(in: .whitespaces)
            }
            guard let job = values["jobnumber"], let failed = number(values["failed"]),
                let exit = number(values["exit_status"])
            else { continue }
            let record = Record(
                name: values["jobname"] ?? "",
                failed: failed,
                exitStatus: exit,
                host: values["hostname"] ?? "",
                // Newer engines give the whole seconds of the one and the exact time as the other.
                wallclock: ["ru_wallclock", "wallclock"].compactMap { values[$0[...]].flatMap(seconds) }.max() ?? 0,
                peakMemory: values["maxvmem"].flatMap(memory) ?? 0
            )
            // A task that was run again has several records; the last counts.
            result[Element(job: job, index: values["taskid"].flatMap { Int($0) })] = record
        }
        return result
    }

    /// Why a task ended.
    ///
    /// - Parameters:
    ///   - record: Of the accounting.
    ///   - resources: What it was given.
    /// - Returns: The cause; a task that was killed near one of its limits was killed for that.
    static func end(_ record: Record, _ resources: Resources) -> TaskEnd {
        let isKilled = record.exitStatus > 128
        if isKilled || record.failed != 0 {
            let memory = Double(resources.memory)
            if memory > 0, record.peakMemory >= 0.95 * memory { return .outOfMemory }
            if resources.seconds > 0, record.wallclock >= Double(resources.seconds) { return .timeout }
        }
        switch record.failed {
        case 0: return isKilled ? .killed(signal: record.exitStatus - 128) : .exited(record.exitStatus)
        case 37: return .timeout
        case 100: return isKilled ? .killed(signal: record.exitStatus - 128) : .exited(record.exitStatus)
        // 21 to 28 and the like: the host could not run it at all.
        default: return .lost("Grid Engine failed with \(record.failed) on \(record.host)")
        }
    }

    /// `100 : assumedly after job` is 100.
    private static func number(_ text: String?) -> Int? { text.flatMap { Int($0.prefix(while: \.isNumber)) } }

    /// `12`, `12.345` or `12s`.
    private static func seconds(_ text: String) -> Double? { Double(text.prefix { "0123456789.".contains($0) }) }

    /// `4.852MB` or, with Univa and Altair, `4.852M`.
    private static func memory(_ text: String) -> Double? {
        Resources.bytes(text).map(Double.init)
    }

    private final class QueueReader: NSObject, XMLParserDelegate {
        var rows: [Element: Row] = [:]
        var isQueue = false
        private var values: [String: String] = [:]
        private var text = ""
        /// `main.q@host`, with -f: jobs stand within their queues then.
        private var place: String?

        func parser(
            _ parser: XMLParser,
            didStartElement name: String,
            namespaceURI: String?,
            qualifiedName: String?,
            attributes: [String: String]
        ) {
            text = ""
            if name == "job_info" { isQueue = true }
            if name == "job_list" { values = [:] }
            if name == "Queue-List" { (values, place) = ([:], nil) }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

        func parser(
            _ parser: XMLParser,
            didEndElement name: String,
            namespaceURI: String?,
            qualifiedName: String?
        ) {
            defer { text = "" }
            guard name == "job_list" else {
                values[name] = text.trimmingCharacters(in: .whitespacesAndNewlines)
                if name == "name" { place = values[name] }
                if name == "Queue-List" { place = nil }
                return
            }
            guard let job = values["JB_job_number"], let state = values["state"] else { return }
            let queue = values["queue_name"].flatMap { $0.isEmpty ? nil : $0 } ?? place
            let row = Row(name: values["JB_name"] ?? "", state: state, queue: queue)
            guard let tasks = values["tasks"], let numbers = NumberRanges.parse(tasks) else {
                rows[Element(job: job, index: nil)] = row
                return
            }
            for number in numbers { rows[Element(job: job, index: number)] = row }
        }
    }
}
