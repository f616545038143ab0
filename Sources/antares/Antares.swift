import ArgumentParser

@main
struct Antares: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Turns archives of satellite scenes into maps.")
}
