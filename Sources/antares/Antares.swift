import ArgumentParser
import CMachine
import Foundation

/// The entry point: the program's own name decides which set of commands it answers to.
@main
enum Program {
    static func main() async {
        guard processor_runs_kernels() != 0 else {
            FileHandle.standardError.write(Data(unfitProcessor.utf8))
            exit(78)
        }
        let name = URL(fileURLWithPath: CommandLine.arguments.first ?? "antares").lastPathComponent
        let root: any ParsableCommand.Type =
            switch name {
            case "datacube": DatacubeRoot.self
            case "datacube-search": DatacubeSearchRoot.self
            default: Antares.self
            }
        await CommandRunner(root: root, style: DatacubeExit.isDatacube ? .datacube : .antares)
            .run(Array(CommandLine.arguments.dropFirst()))
    }

    private static let unfitProcessor = """
        error: This processor lacks AVX2, BMI2 or FMA, which this build of antares needs (processors of 2013 and later have \
        them). Run it on another machine, or build it for this one as docs/decisions/0009-processors.md says.

        """
}

/// The program under its own name: every command.
struct Antares: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "antares",
        abstract: "Turns archives of satellite scenes into maps.",
        discussion: """
            Names of commands and options may be written with dashes or underscores; long options with one dash or two.
            Exit codes: 0 done, 1 failed, 64 usage, 66 no input, 69 database unreachable, 74 I/O, 78 configuration,
            130 interrupted.
            """,
        version: Version.number,
        subcommands: ownCommands + DatacubeRoot.commands
    )

    /// The commands that only `antares` has, one a line.
    static let ownCommands: [any ParsableCommand.Type] = [
        ApplyRecipeCommand.self,
        CatalogCommand.self,
        ClusterCommand.self,
        CompositeCommand.self,
        ConfigCommand.self,
        CreateOrderCommand.self,
        DBCommand.self,
        DBToRasterCommand.self,
        DownloadOrderCommand.self,
        ExportCommand.self,
        IndexCommand.self,
        IngestCatalogCommand.self,
        IngestFootprintsCommand.self,
        InitCommand.self,
        JobsCommand.self, JobTypesCommand.self, SchedulesCommand.self, ServeCommand.self, UsersCommand.self,
        ListCommand.self,
        MakeCountryMaskCommand.self,
        ManualCommand.self,
        PrepareMetadataCommand.self,
        QuicklookCommand.self,
        RasterizeVectorFileCommand.self,
        RecipesCommand.self,
        SimulateCommand.self,
        SSHTaskCommand.self,
        SSHWorkerCommand.self,
        STACCommand.self,
        TaskCommand.self,
    ]
}

/// The program under the name `datacube`: the commands of the Open Data Cube.
struct DatacubeRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "datacube",
        abstract: "The Open Data Cube's command line, answered by antares.",
        version: "Open Data Cube core, version \(Version.datacube) (antares \(Version.number))",
        subcommands: commands
    )

    /// The groups and commands of the Open Data Cube, one a line.
    static let commands: [any ParsableCommand.Type] = [
        DatasetCommand.self,
        IngestCommand.self,
        MetadataCommand.self,
        ProductCommand.self,
        SystemCommand.self,
        UserCommand.self,
    ]
}
