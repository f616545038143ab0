import ClusterExec
import Documents
import Foundation
import TestSupport
import Testing

struct ClusterFileTests {
    private func read(_ text: String) throws -> ClusterOptions {
        let folder = try TemporaryFolder()
        return try ClusterFile.read(try folder.write(text, to: "cluster.yaml"))
    }

    private func complaint(_ text: String) throws -> String {
        let error = #expect(throws: DocumentError.self) { try read(text) }
        let message = error?.description ?? ""
        return String(message[(message.range(of: "cluster.yaml")?.upperBound ?? message.startIndex)...])
    }

    @Test func `a file for Slurm says all that sbatch is given`() throws {
        let options = try read(
            """
            executor: slurm
            jobs: 40
            shared_folder: /shared/antares
            retries: 1
            resources: {memory: 4GB, time: 1:30:00, cores: 2}
            slurm: {partition: short, account: maps, modules: [gdal], options: [--exclusive]}
            """
        )
        #expect(options.executor == .slurm && options.jobs == 40 && options.retries == 1)
        #expect(options.resources == Resources(memory: 4 << 30, seconds: 5400, cores: 2))
        #expect(options.slurm.partition == "short" && options.slurm.account == "maps")
        #expect(options.slurm.modules == ["gdal"] && options.slurm.options == ["--exclusive"])
    }

    @Test func `hosts behind SSH have one slot unless they say so`() throws {
        let options = try read("executor: ssh\nssh:\n  hosts:\n    - node1\n    - {name: node2, slots: 8}\n")
        #expect(options.ssh.hosts == [.init("node1"), .init("node2", slots: 8)])
    }

    @Test func `mistakes are named with their line`() throws {
        #expect(
            try complaint("executor: slurm\nslurm:\n  particion: short\n")
                == ":3: 'slurm.particion' is an unknown key. Did you mean 'partition'?"
        )
        #expect(try complaint("executor: slrum\n").hasPrefix(":1: 'executor' has the unknown value 'slrum'"))
        #expect(try complaint("executor: local\njobs: 0\n") == ":2: 'jobs' must be at least 1, not 0.")
        #expect(try complaint("executor: local\nslurm: {partition: a}\n").hasPrefix(":2: 'slurm' belongs to another"))
        #expect(try complaint("executor: local\nresources: {memory: lots}\n").contains("such as 4GB or 512M"))
        #expect(try complaint("executor: local\nshared_folder: jobs\n").contains("must be an absolute path"))
        #expect(try complaint("executor: ssh\nssh:\n  hosts: [-oProxyCommand=x]\n").contains("is no name of a host"))
        #expect(try complaint("executor: sge\nresources: {cores: 4}\n").contains("sge.parallel_environment"))
    }

    @Test func `the templates can be read`() throws {
        let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../config-templates/cluster")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.standardizedFileURL.path).sorted()
        #expect(names == ["local.yaml", "sge.yaml", "slurm.yaml", "ssh.yaml"])
        for name in names {
            let options = try ClusterFile.read(folder.standardizedFileURL.appendingPathComponent(name).path)
            #expect("\(options.executor.rawValue).yaml" == name)
        }
    }
}
