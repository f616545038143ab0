/// What `--version` says.
enum Version {
    static let number = "0.1.0"
    /// The program and its version, as outputs name what made them.
    static let software = "antares \(number)"
    /// The release of the Open Data Cube whose command line and tables are followed.
    static let datacube = "1.8.20"
}
