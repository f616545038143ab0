import ClusterExec
import Documents
import Foundation
import Logging
import TestSupport
import Testing

@testable import JobService

/// The OpenAPI document beside what the service has.
struct OpenAPITests {
    private struct Route: Hashable, CustomStringConvertible {
        let method: String
        /// What is open is `{}`.
        let path: [String]

        var description: String { "\(method) /\(path.joined(separator: "/"))" }
    }

    /// The first words of what browsers alone ask for.
    private static let pages: Set<String> = [
        "", "accounts", "assets", "custom", "data", "events", "favicon.ico", "job-types", "jobs", "login", "logout",
        "new",
    ]

    /// What the program answers; HEAD comes with each GET.
    private func registered() async throws -> Set<Route> {
        let folder = try TemporaryFolder()
        var options = ServiceOptions()
        options.folder = folder.path
        let service = try await JobService(
            options,
            jobs: try SQLiteJobStore(opening: URL(fileURLWithPath: folder.path("jobs.sqlite"))),
            records: try SQLiteRecordStore(opening: URL(fileURLWithPath: folder.path("service.sqlite"))),
            descriptions: [],
            launcher: WaitingLauncher(root: folder.path),
            log: Logger(label: "test")
        )
        let routes = service.routes.map { text in
            let words = text.split(separator: " ")
            let path = words[1].split(separator: "/").map { $0.contains("{") ? "{}" : String($0) }
            return Route(method: words[0].lowercased(), path: path)
        }
        return Set(routes.filter { $0.method != "head" && !Self.pages.contains($0.path.first ?? "") })
    }

    /// What the document names: an operation, and the same with each value of parameters that have a list of them.
    private func documented() throws -> [(open: Route, each: Set<Route>)] {
        let file = repository.appending(path: "Sources/JobService/Resources/openapi.yaml").path
        let root = try #require(try YAML.parse(file: file).first).root
        var found: [(open: Route, each: Set<Route>)] = []
        for entry in try root.required("paths").entries() {
            var choices: [String: [String]] = [:]
            for parameter in try entry.reader.optional("parameters")?.elements() ?? [] {
                guard let name = try parameter.optional("name")?.string(),
                    let list = parameter.optional("schema")?.optional("enum")
                else { continue }
                choices[name] = try list.strings()
            }
            var (open, paths): ([String], [[String]]) = ([], [[]])
            for part in entry.key.split(separator: "/").map(String.init) {
                let name = part.firstMatch(of: #/\{(\w+)\}/#).map { String($0.1) }
                open.append(name == nil ? part : "{}")
                let values = name.map { choices[$0] ?? ["{}"] } ?? [part]
                paths = paths.flatMap { path in values.map { path + [$0] } }
            }
            for operation in try entry.reader.entries() where operation.key != "parameters" {
                let each = paths.map { Route(method: operation.key, path: $0) }
                found.append((Route(method: operation.key, path: open), Set(each)))
            }
        }
        return found
    }

    @Test func `the document names every route for programs, and none that is not there`() async throws {
        let (registered, documented) = (try await registered(), try documented())
        #expect(registered.count > 100 && documented.count > 90)
        let known = documented.reduce(into: Set<Route>()) { $0.formUnion($1.each.union([$1.open])) }
        let missing = registered.subtracting(known).map(\.description).sorted()
        #expect(missing.isEmpty, "not in openapi.yaml: \(missing)")
        // A route that takes any value takes those of a list.
        let absent = documented.filter { !registered.contains($0.open) }.flatMap { $0.each.subtracting(registered) }
        #expect(absent.isEmpty, "in openapi.yaml, but not answered: \(absent.map(\.description).sorted())")
    }
}
