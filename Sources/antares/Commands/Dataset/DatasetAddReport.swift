import DatacubeIndex
import Documents
import Foundation
import Logging

/// What `dataset add` did.
struct DatasetAddReport: Encodable {
    struct Rejection: Encodable { let location: String, reason: String }
    var added: [String] = []
    var alreadyPresent: [String] = []
    var rejected: [Rejection] = []

    mutating func add(_ result: AddResult, _ log: Logger) {
        let id = result.id?.uuidString.lowercased() ?? ""
        switch result.outcome {
        case .added:
            log.info("Matched \(result.location) to product \(result.product ?? "")")
            if let problem = result.footprintProblem {
                log.warning("dataset \(id) has no footprint: \(problem). Searches by geometry do not find it.")
            }
            added.append(id)
        case .alreadyPresent:
            log.warning("Dataset \(id) is already in the database")
            alreadyPresent.append(id)
        case .rejected(let error):
            log.error("\(DatacubeExit.line(error))")
            rejected.append(Rejection(location: result.location, reason: error.description))
        case .unreadable(let error):
            log.error("\(DatacubeExit.line(error))")
            rejected.append(Rejection(location: result.location, reason: error.description))
        }
    }

    func text(isDryRun: Bool) -> String {
        var parts = ["\(added.count) \(isDryRun ? "to add" : "added")"]
        if !alreadyPresent.isEmpty { parts.append("\(alreadyPresent.count) already there") }
        if !rejected.isEmpty { parts.append("\(rejected.count) rejected") }
        return "datasets: " + parts.joined(separator: ", ")
    }
}
