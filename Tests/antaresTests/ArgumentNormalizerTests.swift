import ArgumentParser
import Testing

@testable import antares

/// Command lines as antares3, the Open Data Cube and the walk-through in the README show them.
@Suite struct ArgumentNormalizerTests {
    @Test(arguments: [
        ("datacube -v system init", "system init --verbose"),
        ("datacube -v -E env -C file system init", "system init --verbose --env env --config file"),
        (
            "datacube -vv --config_file a.conf --config-file=b.conf product add p.yaml",
            "product add -vv --config a.conf --config=b.conf p.yaml"
        ),
        ("datacube product -v add p.yaml", "product add --verbose p.yaml"),
        (
            "datacube --log-file l.txt --log-queries system init --no-init-users",
            "system init --log-file l.txt --log-queries --no-init-users"
        ),
        (
            "datacube ingest --config-file c.yaml --executor multiproc 2",
            "ingest --config-file c.yaml --executor multiproc 2"
        ),
        ("datacube -v ingest -c c.yaml --executor multiproc 2", "ingest --verbose -c c.yaml --executor multiproc 2"),
        ("antares init -c mex gtm", "init -c mex gtm"),
        (
            "antares prepare-metadata --path p --dataset_name s2_l2a_20m --outfile o",
            "prepare_metadata --path p --dataset_name s2_l2a_20m --outfile o"
        ),
        (
            "antares prepare_metadata -p p -d n -o o -multi 4 -pattern a.*b --dataset-name x",
            "prepare_metadata -p p -d n -o o --multi 4 --pattern a.*b --dataset_name x"
        ),
        (
            "antares apply_recipe -recipe s2_20m_001 -b 2017-01-01 -e 2017-12-31 -region Jalisco --name n",
            "apply_recipe --recipe s2_20m_001 -b 2017-01-01 -e 2017-12-31 --region Jalisco --name n"
        ),
        (
            "antares apply_recipe -recipe r -lat 19 23 -long -106 -101 -name n",
            "apply_recipe --recipe r --lat=19,23 --long=-106,-101 --name n"
        ),
        ("antares apply_recipe --lat -23.5 -19 --long=-106,-101", "apply_recipe --lat=-23.5,-19 --long=-106,-101"),
        ("antares apply_recipe -lat -23,-19", "apply_recipe --lat=-23,-19"),
        ("antares apply_recipe -recipe=r -r Jalisco -vv", "apply_recipe --recipe=r -r Jalisco -vv"),
        ("antares apply_recipe -extra a=1 b=-2 --name n", "apply_recipe --extra a=1 b=-2 --name n"),
        ("antares apply_recipe --name n -- -recipe", "apply_recipe --name n -- -recipe"),
        ("antares --json apply_recipe --nodata -9999", "apply_recipe --json --nodata=-9999"),
        ("antares help apply-recipe", "help apply_recipe"),
        ("antares --version", "--version"),
        ("antares -v", ""),
        ("antares -v system", "system"),
        ("antares apply_recipe -reciep r", "apply_recipe -reciep r"),
        ("antares unknown -region x", "unknown -region x"),
    ]) func `a command line of the documentation becomes one that is understood`(line: String, expected: String) throws
    {
        let words = line.split(separator: " ").map(String.init)
        let normalizer = ArgumentNormalizer(
            root: CommandTree(SampleRoot.self),
            global: CommandTree(CommonOptions.self)
        )
        #expect(normalizer.normalize(Array(words.dropFirst())).joined(separator: " ") == expected)
    }

    @Test func `negative coordinates arrive in the command`() throws {
        let command = try parse("apply_recipe -recipe r -lat 19 23 -long -101 -106 -extra a=1 b=2")
        #expect(command.space.lat == NumberRange(argument: "19,23"))
        #expect(command.space.long?.lower == -106)
        #expect(command.space.long?.upper == -101)
        #expect(command.extra == ["a=1", "b=2"])
    }

    @Test(arguments: [
        ("stac search --bbox -104 20 -103 21 --json", "stac search --bbox=-104,20,-103,21 --json"),
        ("stac download -clip-bbox -104,20,-103,21 -o x", "stac download --clip-bbox=-104,20,-103,21 -o x"),
    ]) func `the four numbers of a box are one value`(line: String, expected: String) {
        let normalizer = ArgumentNormalizer(root: CommandTree(Antares.self), global: CommandTree(CommonOptions.self))
        #expect(normalizer.normalize(line.split(separator: " ").map(String.init)).joined(separator: " ") == expected)
    }

    @Test(arguments: [
        ("-v index -dataset-name s2_l2a a b", "index scenes --verbose --dataset_name s2_l2a a b"),
        ("index --help", "index scenes --help"), ("help index", "help index"),
        ("index footprints --rebuild", "index footprints --rebuild"),
    ]) func `a group may stand for one of its commands`(line: String, expected: String) {
        let normalizer = ArgumentNormalizer(root: CommandTree(Antares.self), global: CommandTree(CommonOptions.self))
        #expect(normalizer.normalize(line.split(separator: " ").map(String.init)).joined(separator: " ") == expected)
    }

    @Test(arguments: [
        (
            "apply_recipe -res -30 20 -tilesize 1.2 1.1 -origin 2426720 -977160 -proj4 EPSG:6372",
            "apply_recipe --res=20,-30 --tilesize=1.1,1.2 --origin=-977160,2426720 --proj4 EPSG:6372"
        ),
        ("apply_recipe --resolution 30 --origin -81.85,15.92", "apply_recipe --resolution 30 --origin=-81.85,15.92"),
    ]) func `numbers of a grid that stand apart are Y and X as in antares3, joined by a comma X and Y`(
        line: String,
        expected: String
    ) {
        let normalizer = ArgumentNormalizer(root: CommandTree(Antares.self), global: CommandTree(CommonOptions.self))
        #expect(normalizer.normalize(line.split(separator: " ").map(String.init)).joined(separator: " ") == expected)
    }

    @Test func `a latitude without a longitude is refused`() throws {
        #expect(throws: (any Error).self) { try parse("apply_recipe -recipe r -lat 19 23") }
    }

    private func parse(_ line: String) throws -> SampleRecipe {
        let normalizer = ArgumentNormalizer(
            root: CommandTree(SampleRoot.self),
            global: CommandTree(CommonOptions.self)
        )
        let words = normalizer.normalize(line.split(separator: " ").map(String.init))
        return try #require(try SampleRoot.parseAsRoot(words) as? SampleRecipe)
    }
}

/// Commands with the options of the documented ones, and nothing to do.
private struct SampleRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        subcommands: [SampleRecipe.self, SamplePrepare.self, SampleInit.self, SampleIngest.self]
            + [SampleSystem.self, SampleProduct.self]
    )
}

private struct SampleRecipe: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "apply_recipe")
    @OptionGroup var common: CommonOptions
    @OptionGroup var space: SpatialOptions
    @Option var recipe: String
    @Option(name: .shortAndLong) var begin: String?
    @Option(name: .shortAndLong) var end: String?
    @Option var name: String?
    @Option var nodata: Int?
    @Option(parsing: .upToNextOption) var extra: [String] = []
}

private struct SamplePrepare: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "prepare_metadata")
    @OptionGroup var common: CommonOptions
    @Option(name: .shortAndLong) var path: String
    @Option(name: [.customShort("d"), .customLong("dataset_name")]) var dataset: String
    @Option(name: .shortAndLong) var outfile: String
    @Option var pattern: String?
    @Option var multi = 1
}

private struct SampleInit: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "init")
    @Option(name: .shortAndLong, parsing: .upToNextOption) var countries: [String] = []
}

private struct SampleIngest: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ingest")
    @OptionGroup var common: CommonOptions
    @Option(name: [.customShort("c"), .customLong("config-file")]) var file: String
    @Option(parsing: .upToNextOption) var executor: [String] = []
}

private struct SampleSystem: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "system", subcommands: [SampleSystemInit.self])
}

private struct SampleSystemInit: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "init")
    @OptionGroup var common: CommonOptions
    @Flag(inversion: .prefixedNo) var initUsers = true
}

private struct SampleProduct: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "product", subcommands: [SampleProductAdd.self])
}

private struct SampleProductAdd: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add")
    @OptionGroup var common: CommonOptions
    @Argument var files: [String]
}
