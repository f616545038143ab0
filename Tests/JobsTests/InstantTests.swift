import Jobs
import Testing

struct InstantTests {
    /// The forms that the tests of uws-validator send as AFTER.
    @Test(arguments: [
        ("2015", "2015-01-01T00:00:00.000Z"), ("20151026", "2015-10-26T00:00:00.000Z"),
        ("2015-10-26", "2015-10-26T00:00:00.000Z"), ("2015-10-26 09:00", "2015-10-26T09:00:00.000Z"),
        ("2015-10-26T09:00:00.0456Z", "2015-10-26T09:00:00.046Z"),
        ("2015-10-26T09:00+01:00", "2015-10-26T08:00:00.000Z"),
    ])
    func `times are read in the forms that clients send`(text: String, expected: String) throws {
        #expect(try #require(Instant(text)).description == expected)
    }

    @Test(arguments: ["2015-26-10", "blubb", "2015-10-26T09:00 01:00", "", "20151350"])
    func `what is no time is none`(text: String) { #expect(Instant(text) == nil) }

    @Test func `a shown time is the stored one`() throws {
        let instant = Instant.now
        #expect(Instant(instant.description) == instant)
    }

    @Test func `names of jobs sort by time`() throws {
        let instant = try #require(Instant("2026-11-21T10:40:12Z"))
        #expect(Job.makeID(at: instant, random: 0x7f3a) == "20261121-104012-00007f3a")
    }
}

struct JobFilterTests {
    @Test func `a query is read whatever the capitals of its names`() throws {
        let filter = try JobFilter(query: [
            ("phase", "ERROR"), ("PHASE", "COMPLETED"), ("After", "2015"), ("LAST", "3"), ("other", "x"),
        ])
        #expect(filter.phases == [.error, .completed] && filter.last == 3)
        #expect(filter.after == Instant("2015-01-01"))
    }

    @Test(arguments: [
        ("PHASE", "DONE", "PHASE 'DONE' is none of UWS 1.1."),
        ("PHASE", "completed", "PHASE 'completed' is none of UWS 1.1."),
        ("LAST", "0", "LAST '0' is no number above 0."),
        ("LAST", "-1", "LAST '-1' is no number above 0."),
        ("AFTER", "2015-26-10", "AFTER '2015-26-10' is no time such as 2015-10-26T09:00:00Z."),
    ])
    func `a wrong value is named`(name: String, value: String, message: String) {
        #expect(throws: JobError(.badFilter(message), job: "")) { try JobFilter(query: [(name, value)]) }
    }

    @Test func `archived jobs are shown only when asked for, and AFTER is strict`() throws {
        let made = try #require(Instant("2024-05-06T07:08:09.123Z"))
        var job = Job(kind: "ingest", creationTime: made)
        var filter = JobFilter()
        filter.after = made
        #expect(!filter.contains(job) && JobFilter().contains(job))
        try job.move(to: .aborted, by: .abort)
        try job.move(to: .archived, by: .service)
        #expect(!JobFilter().contains(job))
        filter = JobFilter()
        filter.phases = [.archived]
        #expect(filter.contains(job))
    }
}

struct JobDescriptionTests {
    private let description = JobDescription(
        name: "composite",
        parameters: [
            ParameterDescription("product", isRequired: true),
            ParameterDescription("reduce", defaultValue: "median", options: ["median", "mean"]),
            ParameterDescription("cell_size", .double, minimum: 1, maximum: 1000),
        ]
    )

    @Test func `defaults are added, in the order of the description`() throws {
        let checked = try description.checked([JobParameter("CELL_SIZE", "20"), JobParameter("product", "s2")])
        #expect(checked == [.init("product", "s2"), .init("reduce", "median"), .init("cell_size", "20")])
    }

    @Test(arguments: [
        ("produkt", "s2", "job 'composite' knows no parameter 'produkt'. Did you mean 'product'?"),
        ("reduce", "max", "parameter 'reduce' of job 'composite': 'max' is none of median, mean."),
        ("cell_size", "ten", "parameter 'cell_size' of job 'composite': 'ten' is no number."),
        ("cell_size", "0.5", "parameter 'cell_size' of job 'composite': 0.5 is less than 1.0."),
    ])
    func `a wrong parameter is named`(name: String, value: String, message: String) {
        let error = #expect(throws: JobError.self) {
            try description.checked([JobParameter("product", "s2"), JobParameter(name, value)])
        }
        #expect(error?.description == message)
    }

    @Test func `a missing parameter is named`() {
        let error = #expect(throws: JobError.self) { try description.checked([]) }
        #expect(error?.description == "job 'composite' needs a value for parameter 'product'.")
    }
}
