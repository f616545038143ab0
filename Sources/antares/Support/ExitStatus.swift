import Catalogs
import ClusterExec
import Config
import DatacubeIndex
import Documents
import Foundation
import JobService
import Jobs
import Postgres
import Raster
import Workflows

/// What the program ends with; listed for users in `docs/exit-codes.md`.
enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    case usage = 64
    case noInput = 66
    case databaseUnreachable = 69
    case inputOutput = 74
    case configuration = 78
    case interrupted = 130

    /// The word by which JSON errors name it.
    var kind: String {
        switch self {
        case .done: "done"
        case .failed: "failed"
        case .usage: "usage"
        case .noInput: "no_input"
        case .databaseUnreachable: "database_unreachable"
        case .inputOutput: "input_output"
        case .configuration: "configuration"
        case .interrupted: "interrupted"
        }
    }

    /// The status that an error of any module ends the program with.
    init(of error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure.status
        case is CancellationError: self = .interrupted
        case let error as InitError: self = .init(error)
        case let error as PostgresError: self = error.isUnreachable ? .databaseUnreachable : .failed
        case let error as RasterError: self = error.code == .openFailed ? .noInput : .inputOutput
        case let error as IndexError: self = .init(error)
        case let error as MetadataRequestError: self = error.kind == .usage ? .usage : .noInput
        case let error as WorkflowError: self = error.code == .noInput ? .noInput : .failed
        case is ConfigError, is DocumentError: self = .configuration
        case let error as CatalogError: self = .init(error)
        case let error as ClusterError: self = .init(error)
        case let error as ServiceError: self = .init(error)
        case is JobError: self = .usage
        case let error as JobStoreError: self = error.code == .noSuchJob ? .noInput : .failed
        case let error as CocoaError where [.fileNoSuchFile, .fileReadNoSuchFile].contains(error.code): self = .noInput
        case is CocoaError, is POSIXError: self = .inputOutput
        default: self = .failed
        }
    }
}

extension ExitStatus {
    private init(_ error: IndexError) {
        switch error.code {
        case .invalidDefinition, .missingExtension, .resourceMissing, .notInitialised: self = .configuration
        default: self = .failed
        }
    }

    private init(_ error: ServiceError) {
        switch error.code {
        case .notFound: self = .noInput
        case .badRequest, .unprocessable: self = .usage
        default: self = .failed
        }
    }

    private init(_ error: CatalogError) {
        switch error.code {
        case .badAddress, .badRequest: self = .usage
        case .notFound: self = .noInput
        case .refused: self = .configuration
        case .unreachable, .failed, .rateLimited, .cannotWrite: self = .inputOutput
        case .tooLarge, .mismatch: self = .failed
        }
    }

    private init(_ error: ClusterError) {
        switch error.code {
        case .cannotWrite, .cannotRead: self = .inputOutput
        case .noSuchTask, .badFolder: self = .noInput
        case .badCluster: self = .configuration
        default: self = .failed
        }
    }

    private init(_ error: InitError) {
        switch error.code {
        case .unknownCountry, .unknownRegion: self = .usage
        case .noBorders, .unusableFile: self = .noInput
        case .unwritable: self = .inputOutput
        }
    }
}

/// A failure that a command itself reports: the text is complete, the status is chosen.
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    let description: String

    init(_ status: ExitStatus = .failed, _ description: String) {
        (self.status, self.description) = (status, description)
    }
}
