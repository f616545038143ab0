import Foundation

extension PrivateServer {
    /// Lines of the server's own note about itself, empty where there is none.
    private var pidFileLines: [Substring] {
        let text = (try? String(contentsOf: cluster.appending(path: "postmaster.pid"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The server's process, nil where none runs; a number that now belongs to another program does not count.
    var runningProcess: Int32? {
        guard let process = pidFileLines.first.flatMap({ Int32($0) }), process > 0 else { return nil }
        guard FileManager.default.fileExists(atPath: "/proc/self") else {
            return kill(process, 0) == 0 || errno == EPERM ? process : nil
        }
        // The server works in its data folder; another account's process shows nothing, and so is not ours.
        let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
        return folder == cluster.resolvingSymlinksInPath().path ? process : nil
    }

    /// True once the running server has said that it takes connections.
    var isReady: Bool {
        guard runningProcess != nil, pidFileLines.count > 7 else { return false }
        return pidFileLines[7].hasPrefix("ready")
    }

    /// Removes what a crash left behind and what would keep a new server from starting.
    func removeStaleFiles() {
        let socket = socketFolder.appending(path: ".s.PGSQL.\(Self.port)")
        for path in [cluster.appending(path: "postmaster.pid").path, socket.path + ".lock", socket.path] {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    /// Makes the folder, open to its owner alone.
    func makeFolder() throws {
        let manager = FileManager.default
        do {
            let parent = dataDirectory.deletingLastPathComponent()
            if !manager.fileExists(atPath: parent.path) {
                try manager.createDirectory(
                    at: parent,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o755]
                )
            }
            if !manager.fileExists(atPath: dataDirectory.path) {
                try manager.createDirectory(
                    at: dataDirectory,
                    withIntermediateDirectories: false,
                    attributes: [.posixPermissions: 0o700]
                )
            }
        } catch {
            // Another program may have made it in between.
            guard manager.fileExists(atPath: dataDirectory.path) else {
                throw failure(
                    ["the folder cannot be made: \(error.localizedDescription)"],
                    hint: "Name a folder you may write to by XDG_DATA_HOME, or a database in ~/.datacube.conf."
                )
            }
        }
        try giveToAccount(dataDirectory)
    }

    func makeSocketFolder() throws {
        let manager = FileManager.default
        if !manager.fileExists(atPath: socketFolder.path) {
            try manager.createDirectory(at: socketFolder, withIntermediateDirectories: false)
        }
        try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: socketFolder.path)
        try giveToAccount(socketFolder)
    }

    /// A socket's path has to fit into 107 bytes.
    func checkSocketPath() throws {
        let socket = socketFolder.appending(path: ".s.PGSQL.\(Self.port)").path
        guard socket.utf8.count > 107 else { return }
        throw failure(
            ["its socket's path would have \(socket.utf8.count) bytes, the system allows 107"],
            hint: "Set XDG_DATA_HOME to a folder with a shorter name."
        )
    }

    /// Hands a file to the account that the server runs as.
    func giveToAccount(_ file: URL) throws {
        guard let account, let entry = getpwnam(account) else { return }
        guard chown(file.path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw failure(
                ["cannot give \(file.path) to the account '\(account)': \(String(cString: strerror(errno)))"],
                hint: "Set XDG_DATA_HOME to a folder on a local disk."
            )
        }
    }
}
