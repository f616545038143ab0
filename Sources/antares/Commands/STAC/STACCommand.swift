import ArgumentParser

/// The group `stac`.
struct STACCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stac",
        abstract: "Search STAC catalogues, index and download what they list, and export products as one.",
        discussion: """
            Examples:
              antares stac search --url https://earth-search.aws.element84.com/v1 --collection sentinel-2-c1-l2a \\
                -region Jalisco --datetime 2023-06 --query 'eo:cloud_cover<20'
              antares stac index …the same…            read the files where they are
              antares stac download …the same… -o scenes --assets red,nir,scl
              antares stac export ndvi_mean -o catalogue
            STAC_URL, STAC_AUTHORIZATION and STAC_SIGN in ~/.antares serve all of them; see docs/stac.md.
            """,
        subcommands: [
            STACSearchCommand.self, STACIndexCommand.self, STACDownloadCommand.self, STACExportCommand.self,
        ]
    )
}
