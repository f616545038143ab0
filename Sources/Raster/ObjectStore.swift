import CGDAL
import Foundation

/// Objects in stores that speak S3's protocol, by `s3://bucket/key` or GDAL's name `/vsis3/bucket/key`.
///
/// Who asks, and where the store is, GDAL takes from the environment: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`,
/// `AWS_PROFILE` with `~/.aws`, or `AWS_NO_SIGN_REQUEST=YES`; `S3_ENDPOINT` (or `AWS_S3_ENDPOINT`, `AWS_ENDPOINT_URL`).
public enum ObjectStore {
    /// True for the names of objects.
    public static func isObject(_ path: String) -> Bool { path.hasPrefix("s3://") || path.hasPrefix("/vsis3/") }

    /// The name by which GDAL opens a path: `/vsis3/…` and `/vsicurl/…` for URLs, others as they are.
    public static func openable(_ path: String) -> String {
        if path.hasPrefix("s3://") { return "/vsis3/" + path.dropFirst(5) }
        return path.hasPrefix("https://") || path.hasPrefix("http://") ? "/vsicurl/" + path : path
    }

    /// The bucket of an object.
    public static func bucket(of path: String) -> String {
        openable(path).dropFirst(7).split(separator: "/", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    }

    /// What follows the bucket in an object's name.
    public static func key(of path: String) -> String {
        openable(path).dropFirst(7).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).dropFirst()
            .first
            .map(String.init) ?? ""
    }

    /// The URL of what GDAL opens by a name; nil for what has none, as files on disk and in archives.
    public static func url(_ name: String) -> String? {
        if name.hasPrefix("/vsis3/") { return "s3://" + name.dropFirst(7) }
        if name.hasPrefix("/vsicurl/http") { return String(name.dropFirst(9)) }
        return !name.hasPrefix("/") && name.contains("://") ? name : nil
    }

    /// A path as a command takes it: URLs as they are, files absolute.
    public static func absolute(_ path: String) -> String {
        isObject(path) ? "s3://" + openable(path).dropFirst(7) : URL(fileURLWithPath: path).path
    }

    /// A name below a folder, on disk or in a store; the folder may end in a slash.
    public static func join(_ folder: String, _ name: String) -> String {
        guard isObject(folder) else { return URL(fileURLWithPath: folder).appendingPathComponent(name).path }
        return absolute(folder.hasSuffix("/") ? String(folder.dropLast()) : folder) + "/" + name
    }

    /// Reaches one bucket at another address than the environment says.
    ///
    /// - `endpoint`: As `http://store.example:9000`; without a scheme it is https.
    public static func setEndpoint(_ endpoint: String, bucket: String) {
        _ = configureStores
        for (key, value) in settings(endpoint: endpoint) { VSISetPathSpecificOption("/vsis3/\(bucket)", key, value) }
    }

    /// GDAL's settings for an endpoint.
    fileprivate static func settings(endpoint: String) -> [(key: String, value: String)] {
        let address = endpoint.range(of: "://").map { endpoint[$0.upperBound...] } ?? endpoint[...]
        return [
            ("AWS_S3_ENDPOINT", address.hasSuffix("/") ? String(address.dropLast()) : String(address)),
            ("AWS_HTTPS", endpoint.hasPrefix("http://") ? "NO" : "YES"),
            // Names of buckets in the host work with Amazon's own servers only.
            ("AWS_VIRTUAL_HOSTING", address.contains("amazonaws.com") ? "TRUE" : "FALSE"),
        ]
    }

    /// Puts a file into a store: whole, or in parts where it is large, each asked again where the store is busy.
    ///
    /// The object is there once all of it has arrived; a broken upload leaves what was there before.
    /// - Throws: `RasterError` that names bucket and key, what the store answered, and what to do.
    public static func upload(_ file: String, to path: String) throws(RasterError) {
        _ = configureStores
        guard let source = fopen(file, "rb") else { throw AtomicFile.failure(.readFailed, file, errno) }
        defer { fclose(source) }
        fseek(source, 0, SEEK_END)
        let size = ftell(source)
        rewind(source)
        // A store takes ten thousand parts of a file.
        let least = ((size / 9_000) >> 20) + 1
        let part = CPLGetConfigOption("VSIS3_CHUNK_SIZE", "16").flatMap { Int(String(cString: $0)) } ?? 16
        CPLSetThreadLocalConfigOption("VSIS3_CHUNK_SIZE", "\(max(least, part))")
        defer { CPLSetThreadLocalConfigOption("VSIS3_CHUNK_SIZE", nil) }
        let name = openable(path)
        let (isDone, answer) = withStoreAnswer { copy(source, to: name) }
        guard !isDone || !answer.failures.isEmpty else { return }
        throw storeFailure(.writeFailed, path, answer)
    }

    /// False where not all was written.
    private static func copy(_ source: UnsafeMutablePointer<FILE>, to name: String) -> Bool {
        guard let target = VSIFOpenExL(name, "wb", 1) else { return false }
        var isWhole = true
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while isWhole {
            let count = fread(&buffer, 1, buffer.count, source)
            if count == 0 { break }
            isWhole = VSIFWriteL(buffer, 1, count, target) == count
        }
        isWhole = isWhole && ferror(source) == 0
        return VSIFCloseL(target) == 0 && isWhole
    }

    /// Removes an object; one that is not there is no failure.
    public static func remove(_ path: String) {
        _ = configureStores
        _ = withCPLMessages { VSIUnlink(openable(path)) }
    }

    /// Why a path cannot be read: what the store answers to a question about it.
    public static func refusal(_ path: String) -> RasterError {
        storeFailure(.openFailed, path, StoreAnswer())
    }

    /// Makes sure that a bucket can be listed, written, read and tidied up by who asks.
    ///
    /// - Throws: `RasterError` that says which of these the store refuses, and what to do.
    public static func check(bucket: String) throws(RasterError) {
        let folder = "s3://\(bucket)"
        let (names, answer) = withStoreAnswer { VirtualFolder.list(openable(folder), limit: 2) }
        guard names != nil, answer.code == nil else { throw storeFailure(.readFailed, folder, answer) }
        let probe = "\(folder)/.antares-check-\(UInt64.random(in: 0...UInt64.max))"
        try AtomicFile.write(Data("antares".utf8), to: probe)
        defer { remove(probe) }
        guard try VirtualFile.read(openable(probe)) == Data("antares".utf8) else {
            throw RasterError(.readFailed, probe, ["the store gives other bytes than it was given"])
        }
    }
}

/// What GDAL and the store said while one asked the other.
struct StoreAnswer {
    var failures: [String] = []
    var remarks: [String] = []

    /// The store's own word for it, as `NoSuchBucket`.
    var code: String? { element("Code") }
    var message: String? { element("Message") }
    /// The number of the HTTP answer.
    var status: Int? {
        remarks.lazy.compactMap { $0.firstMatch(of: #/response[_ ]code[^\n]*?[=:] ?(\d{3})\b/#).flatMap { Int($0.1) } }
            .first { $0 >= 300 }
    }
    /// Why there was no answer at all.
    var silence: String? {
        remarks.lazy.compactMap { $0.firstMatch(of: #/curl error msg=(.+)/#).map { String($0.1) } }
            .first { !$0.isEmpty && $0 != "none" }
    }

    private func element(_ name: String) -> String? {
        remarks.lazy.compactMap { text in
            guard let start = text.range(of: "<\(name)>"), let end = text.range(of: "</\(name)>"),
                start.upperBound <= end.lowerBound
            else { return nil }
            return String(text[start.upperBound..<end.lowerBound])
        }.first
    }
}

/// Runs `body` and keeps what is said meanwhile, the store's own words too: GDAL shows them in its trace alone.
func withStoreAnswer<T>(_ body: () -> T) -> (value: T, answer: StoreAnswer) {
    // These parts of GDAL alone: others do not leave their trace to the handler.
    CPLSetThreadLocalConfigOption("CPL_DEBUG", "S3,VSICURL")
    defer { CPLSetThreadLocalConfigOption("CPL_DEBUG", nil) }
    VSIErrorReset()
    let (value, failures, remarks) = withCPLTrace(body)
    var answer = StoreAnswer(failures: failures, remarks: remarks)
    if let text = VSIGetLastErrorMsg(), text.pointee != 0 { answer.failures.append(String(cString: text)) }
    return (value, answer)
}

/// The error of an object, with what the store answered, or answers now where it said nothing.
func storeFailure(_ code: RasterError.Code, _ path: String, _ answer: StoreAnswer) -> RasterError {
    _ = configureStores
    var answer = answer
    let name = ObjectStore.openable(path)
    if answer.code == nil || answer.status == nil {
        let probe = withStoreAnswer { ask(about: name) }.answer
        answer.remarks += probe.remarks
        answer.failures += probe.failures
    }
    let reason =
        if let word = answer.code {
            "the store answers \(word)" + (answer.status.map { " (HTTP \($0))" } ?? "")
                + (answer.message.map { ": \($0)" } ?? "")
        } else if let silence = answer.silence {
            silence.lowercased().contains("certificate")
                ? "its certificate is not trusted: \(silence)" : "the store does not answer: \(silence)"
        } else if let status = answer.status, status != 404 {
            "the store answers HTTP \(status)"
        } else {
            answer.failures.first ?? "there is nothing of this name"
        }
    let isObject = ObjectStore.isObject(path)
    let bucket = isObject ? ObjectStore.bucket(of: path) : ""
    let place = isObject ? "bucket '\(bucket)', key '\(ObjectStore.key(of: path))': " : ""
    return RasterError(code, ObjectStore.url(name) ?? path, [place + reason], hint: hint(answer, bucket: bucket))
}

/// Asks a store about a name and for its first bytes, whatever GDAL remembers of it.
private func ask(about name: String) {
    VSICurlPartialClearCache(name)
    guard antares_vsi_kind(name) == 1, let file = VSIFOpenExL(name, "rb", 1) else { return }
    var bytes = [UInt8](repeating: 0, count: 16)
    VSIFReadL(&bytes, 1, bytes.count, file)
    VSIFCloseL(file)
}

private func hint(_ answer: StoreAnswer, bucket: String) -> String {
    let credentials =
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; AWS_NO_SIGN_REQUEST=YES where anybody may"
    switch (answer.code, answer.status) {
    case ("NoSuchBucket", _): return "Make the bucket '\(bucket)', or correct its name or the address in S3_ENDPOINT."
    case ("InvalidAccessKeyId", _), ("SignatureDoesNotMatch", _): return "Check who asks: \(credentials)."
    case ("AccessDenied", _), (_, 401), (_, 403): return "Check the rights on the bucket, and who asks: \(credentials)."
    case (_, 404): return "Check the name, and the address in S3_ENDPOINT."
    case (_, let status?) where status >= 500: return "The store is in trouble: run the same command again later."
    default: break
    }
    if answer.silence?.lowercased().contains("certificate") == true {
        return
            "If you trust the server, name a file (PEM) with the certificate of its authority in the variable SSL_CERT_FILE."
    }
    if answer.silence != nil {
        return "Check the network and the address in S3_ENDPOINT, then run the same command again."
    }
    return answer.failures.isEmpty ? "Check the name." : "Say who asks: \(credentials)."
}

/// GDAL's settings for stores and the web, as far as the environment does not say otherwise; made once.
let configureStores: Void = {
    let environment = ProcessInfo.processInfo.environment
    var settings: [(key: String, value: String)] = [
        // Asked again with growing pauses where a store is busy; given up where nothing moves for a minute.
        ("GDAL_HTTP_MAX_RETRY", "4"), ("GDAL_HTTP_RETRY_DELAY", "0.5"), ("GDAL_HTTP_CONNECTTIMEOUT", "20"),
        ("GDAL_HTTP_LOW_SPEED_LIMIT", "1"), ("GDAL_HTTP_LOW_SPEED_TIME", "60"),
        // A header with its tables in one request, blocks side by side in one.
        ("GDAL_INGESTED_BYTES_AT_OPEN", "32768"), ("GDAL_HTTP_MERGE_CONSECUTIVE_RANGES", "YES"),
    ]
    let named = ["S3_ENDPOINT", "AWS_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
    if let endpoint = named.lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty }) {
        for setting in ObjectStore.settings(endpoint: endpoint) where environment[setting.key] == nil {
            settings.append(setting)
        }
        // GDAL takes the address without its scheme.
        if environment["AWS_S3_ENDPOINT"]?.contains("://") == true {
            CPLSetConfigOption("AWS_S3_ENDPOINT", ObjectStore.settings(endpoint: endpoint)[0].value)
        }
    }
    // The name that the other programs of Amazon's stores have for it.
    if let file = environment["AWS_SHARED_CREDENTIALS_FILE"] { settings.append(("CPL_AWS_CREDENTIALS_FILE", file)) }
    for (key, value) in settings where environment[key] == nil { CPLSetConfigOption(key, value) }
    // Asking what lies beside a file takes time over a network. On this machine reduced copies (.ovr) and world files do.
    if environment["GDAL_DISABLE_READDIR_ON_OPEN"] == nil {
        for prefix in ["/vsicurl/", "/vsis3/", "/vsigs/", "/vsiaz/", "/vsiadls/", "/vsioss/", "/vsiswift/"] {
            VSISetPathSpecificOption(prefix, "GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR")
        }
    }
}()
