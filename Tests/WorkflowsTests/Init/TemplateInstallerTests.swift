import Foundation
import Testing

@testable import Workflows

@Suite struct TemplateInstallerTests {
    private let root = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    private var templates: URL { root.appending(path: "templates") }
    private var folder: URL { root.appending(path: "user") }
    private var installer: TemplateInstaller { TemplateInstaller(templates: templates, folder: folder) }
    private let values = TemplateValues(ingestionPath: "/tiles", bucket: "", driver: "NetCDF CF")

    private func withTemplates(_ body: () throws -> Void) throws {
        for kind in ["indexing", "ingestion", "recipes"] {
            try FileManager.default.createDirectory(
                at: templates.appending(path: kind),
                withIntermediateDirectories: true
            )
        }
        defer { try? FileManager.default.removeItem(at: root) }
        try write("location: '{{ingestion_path}}/s2' # {{ driver }}, {{unknown}}\n", to: "ingestion/s2.yaml", templates)
        try write("name: p\n", to: "indexing/p.yaml", templates)
        try body()
    }

    private func write(_ text: String, to path: String, _ base: URL) throws {
        try Data(text.utf8).write(to: base.appending(path: path))
    }

    private func read(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    @Test func `placeholders are filled in and unknown ones left`() throws {
        try withTemplates {
            let summary = try installer.install(values)
            #expect(summary.written == ["indexing/p.yaml", "ingestion/s2.yaml"])
            #expect(try read("ingestion/s2.yaml") == "location: '/tiles/s2' # NetCDF CF, {{unknown}}\n")
        }
    }

    @Test func `a second run changes nothing, and a new template replaces an untouched file`() throws {
        try withTemplates {
            _ = try installer.install(values)
            #expect(try installer.install(values).unchanged == ["indexing/p.yaml", "ingestion/s2.yaml"])
            try write("name: p2\n", to: "indexing/p.yaml", templates)
            #expect(try installer.install(values).written == ["indexing/p.yaml"])
            #expect(try read("indexing/p.yaml") == "name: p2\n")
        }
    }

    @Test func `a file that the user changed is kept, with the new text beside it`() throws {
        try withTemplates {
            _ = try installer.install(values)
            try write("name: mine\n", to: "indexing/p.yaml", folder)
            let summary = try installer.install(values)
            #expect(summary.kept == ["indexing/p.yaml"])
            #expect(try read("indexing/p.yaml") == "name: mine\n")
            #expect(try read("indexing/p.yaml.new") == "name: p\n")
        }
    }
}
