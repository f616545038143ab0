public import ArgumentParser
import Foundation
import Geo
public import Ingest
public import Workflows

/// Which scenes are read, and how.
struct SceneOptionGroup: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init("Bucket of an S3 store; paths are then prefixes in it (AWS_* and S3_ENDPOINT).", valueName: "name")
    )
    var bucket: String?
    @Option(help: .init("Only scenes in whose path this regular expression finds something.", valueName: "regex"))
    var pattern: String?
    @Option(help: .init("Scenes read at once; all cores when left out.", valueName: "n"))
    var multi: Int?
    @Option(
        parsing: .upToNextOption,
        help: .init(
            "serial, multiproc N; prepare_metadata also as a job: local, slurm, sge, ssh.",
            valueName: "executor"
        )
    )
    var executor: [String] = []
    @Option(name: .customLong("id-from"), help: "What ids are made of: scene, or path as in antares3.")
    var identity = SceneIdentity.scene
    @Option(help: "Sources that documents name: known (prepared along, or in the index), all, or none.")
    var lineage = MetadataRequest.Lineage.known
    @Option(help: "full opens every file; none trusts the metadata, and is many times faster.")
    var check = SceneOptions.Check.full
    @Option(help: .init("The product of the documents, instead of the reader's own.", valueName: "name"))
    var product: String?
    @Option(
        help: .init(
            "geotiff: a regular expression with groups (?<band>…), (?<date>…), (?<scene>…).",
            valueName: "regex"
        )
    )
    var namePattern: String?
    @Option(help: .init("geotiff: names of the bands of each file, `blue,green,red`.", valueName: "names"))
    var bands: String?
    @Option(
        help: .init("geotiff: dates of the bands of each file, `2013-09-14,2013-09-30`, or @FILE.", valueName: "dates")
    )
    var dates: String?
    @Option(help: .init("Time of files that tell none: a day, month or year, or two with a slash.", valueName: "time"))
    var time: String?
    @Option(help: .init("Value of missing pixels, for files that do not tell.", valueName: "number"))
    var nodata: Double?
    @Option(help: .init("Where slope and aspect are computed.", valueName: "folder"), completion: .directory)
    var workFolder: String?

    func validate() throws {
        if let multi, multi < 1 { throw ValidationError("--multi must be at least 1, got \(multi).") }
        _ = try parallel()
        _ = try timeRange()
        _ = try dateList()
    }

    /// Paths in the bucket by GDAL's names of it.
    func roots(_ paths: [String]) -> [String] {
        guard let bucket else { return paths }
        return paths.map { path in
            let key = path.split(separator: "/").joined(separator: "/")
            return key.isEmpty || key == "." ? "/vsis3/\(bucket)" : "/vsis3/\(bucket)/\(key)"
        }
    }

    func makeOptions() throws -> SceneOptions {
        var options = SceneOptions(identity: identity)
        (options.check, options.product, options.namePattern) = (check, product, namePattern)
        options.bands = bands?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
        options.dates = try dateList()
        options.time = try timeRange()
        (options.nodata, options.workFolder) = (nodata, workFolder)
        return options
    }

    /// Scenes read at once; nil for all cores.
    func parallel() throws -> Int? {
        switch executor.first {
        case nil, "local", "slurm", "sge", "ssh", "distributed", "dask", "celery": return multi
        case "serial": return 1
        case "multiproc":
            guard executor.count == 2, let count = Int(executor[1]), count > 0 else {
                throw ValidationError("--executor multiproc needs the number of processes: --executor multiproc 4.")
            }
            return multi ?? count
        case let other?:
            throw ValidationError(
                "--executor '\(other)' is unknown. Known: local, slurm, sge, ssh, serial, multiproc N."
            )
        }
    }

    private func timeRange() throws -> TimeRange? {
        guard let time else { return nil }
        let parts = time.split(separator: "/").map(String.init)
        let ranges = parts.compactMap { part in
            TimeRange(period: part) ?? Timestamp.parse(part).map { TimeRange(begin: $0, end: $0) }
        }
        guard let first = ranges.first, let last = ranges.last, ranges.count == parts.count, ranges.count < 3,
            first.begin <= last.end
        else {
            throw ValidationError("--time '\(time)' is no time. Write 2013-09-14, 2013-09, 2013 or 2013-09/2014-08.")
        }
        return TimeRange(begin: first.begin, end: last.end)
    }

    private func dateList() throws -> [Date] {
        guard let dates else { return [] }
        var text = dates
        if dates.hasPrefix("@") {
            guard let read = try? String(contentsOfFile: String(dates.dropFirst()), encoding: .utf8) else {
                throw ValidationError("--dates: the file '\(dates.dropFirst())' cannot be read.")
            }
            text = read
        }
        return try text.split { $0 == "," || $0.isWhitespace }.map { part in
            guard let date = Timestamp.parse(String(part)) else {
                throw ValidationError("--dates: '\(part)' is no date. Write 2013-09-14.")
            }
            return date
        }
    }
}

extension SceneIdentity: ExpressibleByArgument {}
extension SceneOptions.Check: ExpressibleByArgument {}
extension MetadataRequest.Layout: ExpressibleByArgument {}
extension MetadataRequest.Lineage: ExpressibleByArgument {}
