public import Documents
import Foundation

/// Fetches the assets of items into a folder: `FOLDER/COLLECTION/ITEM/file`, and beside them the item with references to
/// the files.
public struct ItemDownload: Sendable {
    /// Makes a file from an asset that is not fetched by HTTP as it is.
    ///
    /// - `href`: The absolute reference, signed.
    /// - `destination`: Where the file goes; it appears there whole.
    /// - Returns: What the asset says of the file, as `proj:shape`; its keys replace the item's. Nil to leave it out.
    public typealias Maker =
        @Sendable (_ href: String, _ asset: DocumentValue, _ destination: String) async throws -> DocumentObject?

    public var folder: String
    /// Keys of assets; empty for all.
    public var assets: [String] = []
    /// Files that are fetched at once.
    public var parallel = 4
    /// Fetches files even where they are there.
    public var overwrites = false
    public var signer: HrefSigner?
    /// Cuts windows out of rasters instead of fetching whole files; nil to fetch all.
    public var clip: Maker?
    /// Copies what lies in an object store (`s3://…`) or, for items of this machine, in a file.
    public var copy: Maker?

    public init(to folder: String) { self.folder = folder }

    /// What was fetched.
    public struct Report: Sendable {
        /// The documents of items that are here complete.
        public var documents: [String] = []
        public var fetched = 0
        public var present = 0
        public var resumed = 0
        public var bytes = 0
        public var failures: [(subject: String, reason: String)] = []
    }

    /// Fetches what is missing; what fails stops no other.
    ///
    /// - `progress`: Called with the number of files done and of all.
    /// - Throws: `CancellationError`.
    public func run(
        _ items: [STACFound],
        with client: WebClient,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> Report {
        var report = Report()
        var plans: [ItemFiles] = []
        for item in items {
            do throws(CatalogError) {
                plans.append(try ItemFiles(item, in: folder, assets: assets, cuts: clip != nil))
            } catch {
                report.failures.append((error.subject, "\(error)"))
            }
        }
        let jobs = plans.indices.flatMap { plan in plans[plan].files.indices.map { (plan, $0) } }
        var (open, done) = (plans.map(\.files.count), 0)
        for index in plans.indices where open[index] == 0 { close(plans[index], &report) }
        try await withThrowingTaskGroup(of: (Int, Int, Result<Made, any Error>).self) { group in
            var next = jobs.makeIterator()
            func start() {
                guard let (plan, file) = next.next() else { return }
                let (item, wanted) = (plans[plan], plans[plan].files[file])
                group.addTask {
                    do {
                        return (plan, file, .success(try await fetch(wanted, of: item, client)))
                    } catch {
                        return (plan, file, .failure(error))
                    }
                }
            }
            for _ in 0..<max(1, parallel) { start() }
            while let (plan, file, result) = try await group.next() {
                try Task.checkCancellation()
                done += 1
                switch result {
                case .success(let made):
                    plans[plan].made[file] = made
                    report.count(made)
                    open[plan] -= 1
                    if open[plan] == 0 { close(plans[plan], &report) }
                case .failure(let error):
                    if error is CancellationError { throw error }
                    report.failures.append((WebAddress.shown(plans[plan].files[file].href), "\(error)"))
                }
                progress(done, jobs.count)
                start()
            }
        }
        return report
    }

    private func close(_ plan: ItemFiles, _ report: inout Report) {
        do throws(CatalogError) {
            try plan.write()
            report.documents.append(plan.document)
        } catch {
            report.failures.append((plan.document, "\(error)"))
        }
    }

    private func fetch(_ file: ItemFiles.File, of item: ItemFiles, _ client: WebClient) async throws -> Made {
        do {
            return try await attempt(file, of: item, client)
        } catch let error as CatalogError where error.code == .refused && signer != nil {
            // The signature may have ended before its time.
            await signer?.forget()
            return try await attempt(file, of: item, client)
        }
    }

    private func attempt(_ file: ItemFiles.File, of item: ItemFiles, _ client: WebClient) async throws -> Made {
        let href = try await signer?.sign(file.href, collection: item.collection) ?? file.href
        if file.isRaster, let clip {
            if !overwrites, let known = item.known(file) { return .kept(known) }
            guard let said = try await clip(href, file.asset, file.path) else { return .left }
            return .made(said, bytes: Self.size(file.path))
        }
        guard WebAddress.isWeb(href) else {
            guard let copy else {
                throw CatalogError(.badAddress, WebAddress.shown(href), "it is no http or https address")
            }
            if !overwrites, Self.size(file.path) > 0, file.size ?? Self.size(file.path) == Self.size(file.path) {
                return .whole(.present, bytes: Self.size(file.path))
            }
            _ = try await copy(href, file.asset, file.path)
            if let checksum = file.checksum, try Multihash.of(file: file.path, checksum.algorithm) != checksum {
                try? FileManager.default.removeItem(atPath: file.path)
                throw CatalogError(
                    .mismatch,
                    WebAddress.shown(href),
                    "its \(checksum.algorithm) is not the item's file:checksum"
                )
            }
            return .whole(.fetched(bytes: Self.size(file.path), resumed: 0), bytes: Self.size(file.path))
        }
        let download = FileDownload(
            WebRequest(try WebAddress.parse(href)),
            to: file.path,
            size: file.size,
            checksum: file.checksum
        )
        let outcome = try await download.fetch(with: client, overwrites: overwrites)
        return .whole(outcome, bytes: Self.size(file.path))
    }

    private static func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }
}

/// What became of one asset.
enum Made: Sendable {
    /// The file as the catalogue has it.
    case whole(FileDownload.Outcome, bytes: Int)
    /// A part of it, and what is to be said of that.
    case made(DocumentObject, bytes: Int)
    /// A part that was made before, with the asset as it stands beside it.
    case kept(DocumentValue)
    /// Nothing of it is wanted.
    case left
}

extension ItemDownload.Report {
    fileprivate mutating func count(_ made: Made) {
        switch made {
        case .whole(.present, _), .kept: present += 1
        case .whole(.fetched(let size, let start), _):
            (fetched, bytes) = (fetched + 1, bytes + size - start)
            resumed += start > 0 ? 1 : 0
        case .made(_, let size): (fetched, bytes) = (fetched + 1, bytes + size)
        case .left: break
        }
    }
}
