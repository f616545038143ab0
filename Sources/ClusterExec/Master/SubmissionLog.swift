/// Everything that was handed to an engine for a job: `submissions.json`.
///
/// A submission is written before the engine hears of it and again with the engine's number, so a master that takes over
/// knows of every one: by its number or, where the first died in between, by its name.
struct SubmissionLog {
    private let folder: JobFolder
    private(set) var submissions: [Submission]

    init(_ folder: JobFolder) throws {
        self.folder = folder
        submissions = try folder.read("submissions.json") ?? []
    }

    /// Of all submissions of a job.
    static func prefix(_ job: String) -> String { "antares-\(job)-" }

    /// Notes that something is going to be submitted.
    mutating func begin(attempt: Int, resources: Resources, tasks: [Int]) throws -> Submission {
        let name = Self.prefix(folder.id) + "\(submissions.count + 1)"
        let submission = Submission(name: name, attempt: attempt, resources: resources, tasks: tasks)
        submissions.append(submission)
        try folder.write(submissions, to: "submissions.json")
        return submission
    }

    mutating func note(_ name: String, engineID: String) throws {
        guard let index = submissions.lastIndex(where: { $0.name == name }) else { return }
        submissions[index].engineID = engineID
        try folder.write(submissions, to: "submissions.json")
    }

    /// The last submission of each task.
    func last() -> [Int: Submission] {
        var last: [Int: Submission] = [:]
        for submission in submissions { for task in submission.tasks { last[task] = submission } }
        return last
    }
}
