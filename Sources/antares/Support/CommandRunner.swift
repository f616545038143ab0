import ArgumentParser
import ClusterExec
import Foundation
import Workflows

/// Runs a command line and ends the program with the exit code that its outcome has.
struct CommandRunner {
    let root: any ParsableCommand.Type
    let style: LogStyle

    func run(_ arguments: [String]) async -> Never {
        let line = normalized(arguments)
        let arguments = line.arguments
        let wantsJSON = arguments.prefix { $0 != "--" }.contains("--json")
        let command: any ParsableCommand
        do {
            command = Self.adding(line.paths, to: try root.parseAsRoot(arguments))
        } catch {
            let status = root.exitCode(for: error)
            if wantsJSON, !status.isSuccess { fail(.usage, root.message(for: error), asJSON: true) }
            if !status.isSuccess { failUsage(error) }
            root.exit(withError: error)
        }
        let common = (command as? any CommonCommand)?.common
        if let descriptor = common?.parentPipe { TaskRunner.endWithParent(descriptor) }
        common?.places?.restrictBroughtFiles()
        Logs.start(style: style, options: common)
        Interrupt.install()
        // Handed over: nothing here touches the command while the task runs it.
        nonisolated(unsafe) let handedOver = command
        let outcome = await Interrupt.cancellingOnInterrupt { try await execute(handedOver) }
        guard case .failure(let error) = outcome else { exit(ExitStatus.done.rawValue) }
        // A success is what argument-parser throws where help was asked for.
        if error is CleanExit || error is ExitCode || root.exitCode(for: error).isSuccess
            || (error is ValidationError && !wantsJSON)
        {
            if error is ValidationError { failUsage(error) }
            root.exit(withError: error)
        }
        if error is CancellationError || (Interrupt.isRequested && !(error is CommandFailure)) {
            fail(.interrupted, "interrupted. Run the same command again: what is done is kept.", asJSON: wantsJSON)
        }
        let status = error is ValidationError ? ExitStatus.usage : ExitStatus(of: error)
        fail(status, Self.message(error), asJSON: wantsJSON)
    }

    private static func adding(_ paths: [String], to command: any ParsableCommand) -> any ParsableCommand {
        guard !paths.isEmpty, var many = command as? any ManyPathsCommand else { return command }
        many.paths = paths
        return many
    }

    private func normalized(_ arguments: [String]) -> ArgumentNormalizer.Line {
        // The completion scripts call back with words that are not ours to change.
        guard !arguments.contains(where: { $0.hasPrefix("---") || $0.hasPrefix("--experimental") }) else {
            return .init(arguments: arguments)
        }
        let global: any ParsableArguments.Type =
            root == DatacubeSearchRoot.self ? SearchOptions.self : CommonOptions.self
        return ArgumentNormalizer(root: CommandTree(root), global: CommandTree(global)).line(arguments)
    }

    private func execute(_ command: any ParsableCommand) async throws {
        var command = command
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    }

    /// Ends the program after a wrong command line; the Open Data Cube's own commands end with 2 then.
    private func failUsage(_ error: any Error) -> Never {
        guard style == .datacube else { root.exit(withError: error) }
        FileHandle.standardError.write(Data((root.fullMessage(for: error) + "\n").utf8))
        exit(2)
    }

    /// Our errors say all in their description; Foundation's bury it there.
    private static func message(_ error: any Error) -> String {
        error is CocoaError ? error.localizedDescription : String(describing: error)
    }

    /// Reports an error on standard error and ends the program.
    private func fail(_ status: ExitStatus, _ message: String, asJSON: Bool) -> Never {
        struct Report: Encodable {
            struct Failure: Encodable { let message: String, kind: String, exit_code: Int32 }
            let error: Failure
        }
        let report = Report(error: .init(message: message, kind: status.kind, exit_code: status.rawValue))
        let text = asJSON ? (try? Output.json(report)) ?? message : "error: \(message)"
        FileHandle.standardError.write(Data((text + "\n").utf8))
        exit(status.rawValue)
    }
}
