// swift-tools-version: 6.1
import PackageDescription

/// What every Swift target is compiled with: no C type leaks through a public declaration by accident.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// Loops over pixels use AVX2 on x86-64 (docs/decisions/0009-processors.md).
#if arch(x86_64)
let vectors: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-march=x86-64-v3"])]
#else
let vectors: [SwiftSetting] = []
#endif

/// A library with loops over pixels, which are 40 times slower without optimisation: it has it in debug builds too.
func kernels(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    let fast = SwiftSetting.unsafeFlags(["-O"], .when(configuration: .debug))
    return .target(name: name, dependencies: dependencies, swiftSettings: strict + vectors + [fast])
}

func tests(_ module: Target.Dependency, _ name: String, _ more: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [module, "TestSupport"] + more, swiftSettings: strict)
}

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nio = [
    Target.Dependency.product(name: "NIOCore", package: "swift-nio"),
    Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio"),
    Target.Dependency.product(name: "NIOPosix", package: "swift-nio"),
    Target.Dependency.product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
]
let nioTLS = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let hummingbird = [
    Target.Dependency.product(name: "Hummingbird", package: "hummingbird"),
    Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird"),
    Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird"),
    Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types"),
    Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "antares",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "antares", targets: ["antares"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.26.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "CGDAL", providers: [.apt(["libgdal-dev"])]),
        .systemLibrary(name: "CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CNetCDF", pkgConfig: "netcdf", providers: [.apt(["libnetcdf-dev"])]),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CXML", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CPROJ", pkgConfig: "proj", providers: [.apt(["libproj-dev"])]),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(name: "CMachine"),
        .systemLibrary(name: "CVectors"),
        .systemLibrary(name: "CSpawn"),
        library("Spawn", ["CSpawn"]),
        library("Checksums", [crypto]),
        library("Documents", ["Geo", yams]),
        kernels("Geo"),
        library("Config", ["Documents", "Postgres"]),
        .target(
            name: "GDALLoader",
            exclude: ["functions.inc"],
            linkerSettings: [
                // Needed by programs alone that call what functions.inc lacks.
                .unsafeFlags(
                    ["-Xlinker", "--as-needed", "-Xlinker", "-lgdal", "-Xlinker", "--no-as-needed"],
                    .when(platforms: [.linux])
                ),
                .linkedLibrary("gdal", .when(platforms: [.macOS])),
            ]
        ),
        kernels(
            "Raster",
            ["Geo", "CDeflate", "CGDAL", "CHDF5", "CISAL", "CNetCDF", "CPROJ", "CVectors", "CZstd", "GDALLoader"]
        ),
        library("Postgres", ["CPQ", "Checksums", "Spawn", logging]),
        .target(
            name: "IndexSQL",
            path: "sql",
            resources: [.copy("migrations"), .copy("queries"), .copy("metadata-types")],
            swiftSettings: strict
        ),
        library("DatacubeIndex", ["Documents", "Geo", "Raster", "Postgres", "IndexSQL", logging]),
        kernels("Ingest", ["CXML", "Documents", "Geo", "Raster", "DatacubeIndex", crypto, logging]),
        library("Catalogs", ["Checksums", "Documents", "Geo", asyncHTTPClient, crypto, logging, nioTLS] + nio),
        kernels("Analysis", ["Documents", "Geo"]),
        kernels("Simulation", ["Geo", "Raster"]),
        library("Jobs", ["CXML", "Documents", "Geo"]),
        library("ClusterExec", ["CArchive", "CSpawn", "Documents", "Jobs", "Postgres", "Spawn", grdb, logging]),
        .target(
            name: "JobService",
            dependencies: [
                "CArgon2", "Checksums", "ClusterExec", "Documents", "Jobs", "Postgres", "Spawn", asyncHTTPClient,
                crypto, grdb,
                jwtKit,
                logging,
            ] + [mustache] + hummingbird + nio,
            resources: [.copy("Resources")],
            swiftSettings: strict
        ),
        kernels(
            "Workflows",
            [
                "CMachine", "Checksums", "Documents", "Geo", "Raster", "Postgres", "DatacubeIndex", "Ingest",
                "Analysis",
                "Simulation", "IndexSQL", logging,
            ]
        ),
        .executableTarget(
            name: "antares",
            dependencies: [
                "Analysis", "CMachine", "Catalogs", "ClusterExec", "Config", "DatacubeIndex", "Documents", "Geo",
                "Ingest",
                "IndexSQL", "Jobs", "JobService", "Postgres", "Raster", "Simulation", "Spawn", "Workflows",
                argumentParser, logging,
            ],
            swiftSettings: strict
        ),
        // What GDAL alone takes for the same reading and writing; scripts/bench.sh compares with it.
        .executableTarget(name: "GDALFloor", dependencies: ["Geo", "Raster"], swiftSettings: strict),
        .executableTarget(name: "KernelBench", dependencies: ["Analysis", "Geo"], swiftSettings: strict),
        .target(
            name: "TestSupport",
            dependencies: ["Documents", "Geo", "Raster", "Postgres", "Spawn", asyncHTTPClient] + nio,
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        tests("Documents", "Documents"),
        tests("Geo", "Geo"),
        tests("Config", "Config", ["Postgres"]),
        tests("Raster", "Raster", ["Documents", "Geo"]),
        tests("Postgres", "Postgres"),
        tests("DatacubeIndex", "DatacubeIndex", ["Documents", "Geo", "Postgres", crypto, logging]),
        tests("Ingest", "Ingest", ["DatacubeIndex", "Documents", "Geo", "Raster", "Simulation"]),
        tests("Catalogs", "Catalogs", ["Documents", "Geo"]),
        tests("Analysis", "Analysis", ["Documents"]),
        tests("Simulation", "Simulation", ["Geo", "Raster"]),
        tests("Jobs", "Jobs", ["Documents"]),
        tests("ClusterExec", "ClusterExec", ["Documents", "IndexSQL", "Jobs", "Postgres", logging]),
        tests(
            "JobService",
            "JobService",
            ["ClusterExec", "Documents", "IndexSQL", "Jobs", "Postgres", asyncHTTPClient, logging]
        ),
        tests(
            "Workflows",
            "Workflows",
            [
                "DatacubeIndex", "Documents", "Geo", "Ingest", "Raster", "Simulation", "Postgres", logging,
            ]
        ),
        tests("antares", "antares", ["Documents", "Geo", "Raster", "Postgres"]),
    ]
)
