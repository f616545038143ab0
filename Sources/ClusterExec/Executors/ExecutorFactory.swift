import Foundation

extension ClusterOptions {
    /// The executor that these options describe.
    ///
    /// - Parameters:
    ///   - folder: Of the job.
    ///   - program: The path of antares that is running; the options may name another for the nodes.
    /// - Returns: It is ready to take tasks.
    /// - Throws: `ClusterError` where the engine does not answer.
    public func makeExecutor(for folder: JobFolder, program: String) async throws -> any Executor {
        let there = self.program ?? program
        let interval = Duration.milliseconds(Int(pollSeconds * 1000))
        switch executor {
        case .local:
            let cores = ProcessInfo.processInfo.activeProcessorCount
            return LocalExecutor(program: there, folder: folder, jobs: jobs ?? cores)
        case .slurm:
            let largest: Int
            if let size = slurm.maxArraySize {
                largest = size
            } else {
                largest = try await SlurmExecutor.largestArray()
            }
            return SlurmExecutor(
                options: slurm,
                program: there,
                throttle: jobs,
                largestArray: largest,
                pollInterval: interval
            )
        case .sge:
            return GridEngineExecutor(options: sge, program: there, throttle: jobs, pollInterval: interval)
        case .ssh: return SSHExecutor(options: ssh, program: program, folder: folder, jobs: jobs)
        }
    }
}
