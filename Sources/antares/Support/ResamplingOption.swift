import ArgumentParser
import Documents
import Geo

/// How pixels come onto the grid: `--resampling cubic`, or `--resampling cubic pixel_qa=nearest`.
struct ResamplingOption: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: .init("GDAL's name of the resampling; of a single measurement as red=cubic.", valueName: "method")
    )
    var resampling: [String] = []

    func validate() throws { _ = try choice() }

    func choice() throws -> ResamplingChoice {
        var choice = ResamplingChoice.nearest
        for text in resampling {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = parts.last, let method = Resampling(name: name), parts.first?.isEmpty == false else {
                let near = nearest(to: parts.last ?? "", in: Resampling.names).map { "Did you mean '\($0)'? " } ?? ""
                throw ValidationError(
                    "--resampling '\(text)' is unknown. \(near)Known: \(Resampling.names.joined(separator: ", "))."
                )
            }
            if parts.count == 1 { choice.standard = method } else { choice.special[parts[0]] = method }
        }
        return choice
    }
}
